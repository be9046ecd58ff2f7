/** Streams a recording to a service in real time, as a microphone would, and collects the keywords that come back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { ROOT } from '../lib/paths.mjs';

const RECORDING = join(ROOT, 'tests/fixtures/recordings/yes-stop-left.wav');
const WAV_HEADER_BYTES = 44;
const SAMPLE_RATE_HZ = 16_000;
const CHUNK_MS = 80;

/**
 * @param {string} url - of the stream
 * @param {{ token?: string | undefined, onReady?: () => void }} [options] - a token, where the service asks for one; what to do once it listens
 * @returns {Promise<string[]>}
 */
export async function hearRecording(url, { token, onReady } = {}) {
  const bytes = readFileSync(RECORDING).subarray(WAV_HEADER_BYTES);
  const socket = new WebSocket(url, 'kws.v1');
  /** @type {string[]} */
  const heard = [];
  await new Promise((resolve, reject) => {
    socket.once('error', reject).once('close', resolve);
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'start', sampleRate: SAMPLE_RATE_HZ, encoding: 'pcm_s16le', channels: 1, token })),
    );
    socket.on('message', (data) => {
      /** @type {{ type: string, keyword: string, message: string }} */
      const message = JSON.parse(Buffer.isBuffer(data) ? data.toString() : '');
      if (message.type === 'ready') {
        void play(socket, bytes);
        onReady?.();
      }
      if (message.type === 'keyword') heard.push(message.keyword);
      if (message.type === 'error') reject(new Error(message.message));
    });
  });
  return heard;
}

/**
 * @param {WebSocket} socket
 * @param {Uint8Array} bytes
 */
async function play(socket, bytes) {
  const chunkBytes = (SAMPLE_RATE_HZ / 1000) * CHUNK_MS * 2;
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    socket.send(bytes.subarray(offset, offset + chunkBytes));
    await new Promise((resolve) => setTimeout(resolve, CHUNK_MS));
  }
  socket.send(JSON.stringify({ type: 'stop' }));
}
