/** A WebSocket client that writes any bytes, also those that no client should (RFC 6455), and reads frames as they come. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';

import { parseServerMessage } from '#shared/protocol/codec.ts';
import { STREAM_PATH, SUBPROTOCOL, type ServerMessage } from '#shared/protocol/messages.ts';

import { connectRaw } from './raw-http.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A client's frame; whatever is absent is as it should be. */
export interface Frame {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Whether the message ends with it. */
  readonly isLast?: boolean;
  /** RSV1 to RSV3 as a number, RSV1 the highest. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** What the header says; the payload's own length if absent. */
  readonly declaredBytes?: number;
}

/** A frame as it travels (5.2), masked with zeros. */
export function frameBytes({ opcode, payload = '', isLast = true, reserved = 0, isMasked = true, declaredBytes }: Frame): Buffer {
  const data = Buffer.from(payload);
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = isMasked ? [0, 0, 0, 0] : [];
  return Buffer.concat([Uint8Array.of(first), lengthBytes(declaredBytes ?? data.length, isMasked), Uint8Array.from(mask), data]);
}

function lengthBytes(length: number, isMasked: boolean): Buffer {
  const flag = isMasked ? 0x80 : 0;
  if (length < 126) return Buffer.from([flag | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 3 : 9);
  if (length < 65_536) bytes.writeUInt16BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  bytes[0] = flag | (length < 65_536 ? 126 : 127);
  return bytes;
}

/** The opening handshake (4.1). */
export function handshakeBytes(headers: Readonly<Record<string, string>> = {}, path: string = STREAM_PATH): Buffer {
  const all = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': SUBPROTOCOL,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from([`GET ${path} HTTP/1.1`, ...lines, '\r\n'].join('\r\n'));
}

/** A frame of the server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** How the server ended it: the code of its close frame (1005 without one in it), or 1006 if none came. */
export interface RawClose {
  readonly code: number;
  readonly reason: string;
}

const HEAD_END = '\r\n\r\n';

/** An open socket, see `RawWebSocket.open`. It answers closes, but no pings: the server has to bear that. */
export class RawWebSocket {
  readonly socket: Socket;
  /** What the server answered to the handshake. */
  readonly responseHead: string;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<RawClose>;
  readonly #unread: ServerFrame[] = [];
  #bytes: Buffer;
  #isEnded = false;
  #close: RawClose = { code: 1006, reason: '' };
  #wake: () => void = () => undefined;

  constructor(socket: Socket, responseHead: string, rest: Buffer) {
    this.socket = socket;
    this.responseHead = responseHead;
    this.#bytes = rest;
    socket.on('data', (data: Buffer) => this.#take(data));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isEnded = true;
        this.#wake();
        resolve(this.#close);
      });
    });
    this.#take(Buffer.alloc(0));
  }

  /** @throws {Error} if the handshake is refused, with the answer's first line */
  static async open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawWebSocket> {
    const socket = await connectRaw(url);
    socket.write(handshakeBytes(headers));
    let bytes = Buffer.alloc(0);
    while (!bytes.includes(HEAD_END)) {
      const [data] = (await once(socket, 'data')) as [Buffer];
      bytes = Buffer.concat([bytes, data]);
    }
    const end = bytes.indexOf(HEAD_END) + HEAD_END.length;
    const head = bytes.subarray(0, end).toString('latin1');
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head.split('\r\n', 1)[0]);
    return new RawWebSocket(socket, head, bytes.subarray(end));
  }

  write(...frames: readonly (Frame | Uint8Array)[]): void {
    for (const frame of frames) this.socket.write(frame instanceof Uint8Array ? frame : frameBytes(frame));
  }

  /** Writes in pieces that arrive apart: each goes out when the one before is gone. */
  async writeInPieces(bytes: Uint8Array, pieceBytes: number): Promise<void> {
    this.socket.setNoDelay(true);
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      await new Promise((resolve) => this.socket.write(bytes.subarray(start, start + pieceBytes), resolve));
    }
  }

  /** The next frame with this opcode; those before it are let go. @throws {Error} if the connection ends before it comes */
  async nextFrame(opcode: number): Promise<ServerFrame> {
    for (;;) {
      const frame = this.#unread.shift();
      if (frame?.opcode === opcode) return frame;
      if (frame) continue;
      if (this.#isEnded) throw new Error(`the connection ended (${this.#close.code}) before a frame with opcode ${opcode} came`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The next message of this type. */
  async next<Type extends ServerMessage['type']>(type: Type): Promise<Extract<ServerMessage, { type: Type }>> {
    for (;;) {
      const message = parseServerMessage((await this.nextFrame(OPCODE.text)).payload.toString('utf8'));
      if (message.type === type) return message as Extract<ServerMessage, { type: Type }>;
    }
  }

  /** Frames that have come and nobody has asked for. */
  get unread(): readonly ServerFrame[] {
    return this.#unread;
  }

  #take(data: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    for (let frame = this.#shiftFrame(); frame; frame = this.#shiftFrame()) {
      this.#unread.push(frame);
      if (frame.opcode === OPCODE.close) this.#noteClose(frame.payload);
    }
    this.#wake();
  }

  /** What servers send is never masked nor, by ours, fragmented. */
  #shiftFrame(): ServerFrame | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 0x7f;
    const headBytes = { 126: 4, 127: 10 }[short] ?? 2;
    if (bytes.length < headBytes) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < headBytes + length) return undefined;
    this.#bytes = bytes.subarray(headBytes + length);
    return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(headBytes, headBytes + length) };
  }

  /** Answers as it must, so that the connection can end. */
  #noteClose(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#close = { code, reason: payload.subarray(2).toString('utf8') };
    this.socket.end(frameBytes({ opcode: OPCODE.close, payload }));
  }
}
