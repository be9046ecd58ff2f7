/**
 * The WebSocket door against what RFC 6455 allows and forbids, byte by byte: the case groups 1 to 7, 9, 10 and 12 of the Autobahn
 * test-suite, as far as they say something of a service that is no echo. `tests/autobahn` runs the suite itself.
 */

import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type StreamServer } from '../../services/stream/server.ts';
import { Neighbour } from '../helpers/neighbour.ts';
import { frameBytes, OPCODE, RawWebSocket, type Frame } from '../helpers/raw-web-socket.ts';
import { MONO_S16 } from '../helpers/stream-client.ts';
import { startServer, writeTinyModel } from '../helpers/test-server.ts';

const { continuation, text, binary, close, ping, pong } = OPCODE;
const PROTOCOL_ERROR = 1002;
const INVALID_PAYLOAD = 1007;
const TOO_BIG = 1009;
const KIBIBYTE = 1024;
const START = JSON.stringify(MONO_S16);
const STOP: Frame = { opcode: text, payload: '{"type":"stop"}' };

let server: StreamServer;
let directory: string;
let neighbour: Neighbour;

beforeAll(async () => {
  directory = await writeTinyModel();
  server = await startServer({ MODEL_SOURCE: `file:${directory}` });
  neighbour = await Neighbour.at(server.url);
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** Has a session that has begun, beside another that must not notice. */
async function withSession(act: (client: RawWebSocket) => Promise<void>): Promise<void> {
  await neighbour.unharmedBy(async () => {
    const client = await RawWebSocket.open(server.url);
    client.write({ opcode: text, payload: START });
    await client.next('ready');
    await act(client);
  });
}

/** These frames of a session that has begun end it with this close. */
const expectClose = (frames: readonly Frame[], code: number): Promise<void> =>
  withSession(async (client) => {
    client.write(...frames);

    expect(await client.closed).toMatchObject({ code });
  });

/** These bytes are taken: so many samples are heard, and the session ends well. */
const expectHeard = (write: (client: RawWebSocket) => Promise<void> | void, samples: number): Promise<void> =>
  withSession(async (client) => {
    await write(client);
    client.write(STOP);

    expect(await client.next('end')).toMatchObject({ samples });
    expect(await client.closed).toMatchObject({ code: 1000 });
  });

/** A message in as many frames as it has parts, with other frames between. */
const fragmented = (opcode: number, parts: readonly (string | Uint8Array)[], between: readonly Frame[] = []): Frame[] =>
  parts.flatMap((payload, i) => [
    { opcode: i === 0 ? opcode : continuation, payload, isLast: i === parts.length - 1 },
    ...(i === parts.length - 1 ? [] : between),
  ]);

const cut = (bytes: Uint8Array, length: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));

const padded = (json: string, length: number): string => json + ' '.repeat(length - json.length);

describe('1 framing', () => {
  test.for([125, 126, 127, 128, 65_535, 65_536])('text of %i bytes is a message', async (length) => {
    await neighbour.unharmedBy(async () => {
      const client = await RawWebSocket.open(server.url);
      client.write({ opcode: text, payload: padded(START, length) });

      expect(await client.next('ready')).toMatchObject({ protocol: 1 });
      client.write({ opcode: close });
      await client.closed;
    });
  });

  test('text of no bytes is a message too, and no JSON', async () => {
    await expectClose([{ opcode: text }], INVALID_PAYLOAD);
  });

  test.for([0, 124, 126, 128, 65_534, 65_536])('%i bytes of audio are heard', async (length) => {
    await expectHeard((client) => client.write({ opcode: binary, payload: new Uint8Array(length) }), length / 2);
  });

  test.for([1, 7, 997])('audio in pieces of %i bytes is heard', async (pieceBytes) => {
    const bytes = frameBytes({ opcode: binary, payload: new Uint8Array(pieceBytes === 1 ? 300 : 6000) });

    await expectHeard((client) => client.writeInPieces(bytes, pieceBytes), pieceBytes === 1 ? 150 : 3000);
  });

  test('a frame without a mask ends the session', async () => {
    await expectClose([{ opcode: binary, payload: new Uint8Array(2), isMasked: false }], PROTOCOL_ERROR);
  });
});

describe('2 pings and pongs', () => {
  test.for<[string, Uint8Array]>([
    ['without anything', new Uint8Array(0)],
    ['with text', Buffer.from('hello')],
    ['with bytes that are no text', Uint8Array.of(0, 255, 254, 253, 252, 251, 0, 255)],
    ['with as much as may be', new Uint8Array(125).fill(0xfe)],
  ])('a ping %s is answered with the same', async ([, payload]) => {
    await withSession(async (client) => {
      client.write({ opcode: ping, payload });

      expect((await client.nextFrame(pong)).payload).toEqual(Buffer.from(payload));
      client.write({ opcode: close });
      await client.closed;
    });
  });

  test('a ping in pieces is answered', async () => {
    await withSession(async (client) => {
      await client.writeInPieces(frameBytes({ opcode: ping, payload: new Uint8Array(125) }), 1);

      expect((await client.nextFrame(pong)).payload).toHaveLength(125);
      client.write({ opcode: close });
      await client.closed;
    });
  });

  test('ten pings are answered in order', async () => {
    await withSession(async (client) => {
      for (let i = 0; i < 10; i++) client.write({ opcode: ping, payload: String(i) });

      for (let i = 0; i < 10; i++) expect((await client.nextFrame(pong)).payload.toString()).toBe(String(i));
      client.write({ opcode: close });
      await client.closed;
    });
  });

  test.for(['', 'unasked for'])('a pong that nobody asked for (%j) is not answered', async (payload) => {
    await withSession(async (client) => {
      client.write({ opcode: pong, payload }, { opcode: ping, payload: 'asked' });

      expect((await client.nextFrame(pong)).payload.toString()).toBe('asked');
      client.write({ opcode: close });
      await client.closed;
    });
  });

  test('a ping of more than 125 bytes ends the session', async () => {
    await expectClose([{ opcode: ping, payload: new Uint8Array(126) }], PROTOCOL_ERROR);
  });
});

describe('3 reserved bits and 12 compression', () => {
  const frames = [text, binary, close, ping, pong].flatMap((opcode) =>
    [1, 2, 3, 4, 5, 6, 7].map((reserved) => [opcode, reserved] as const),
  );

  test.for(frames)('a frame with opcode %i and reserved bits %i ends the session', async ([opcode, reserved]) => {
    await expectClose([{ opcode, reserved, payload: opcode === text ? START : new Uint8Array(2) }], PROTOCOL_ERROR);
  });

  test.for(['permessage-deflate', 'permessage-deflate; client_max_window_bits=15; server_no_context_takeover', 'x-webkit-deflate-frame'])(
    'an offer of %s is not taken, and what is compressed all the same ends the session',
    async (offer) => {
      await neighbour.unharmedBy(async () => {
        const client = await RawWebSocket.open(server.url, { 'Sec-WebSocket-Extensions': offer });
        client.write({ opcode: text, reserved: 4, payload: Uint8Array.of(0xab, 0x56, 0x4a, 0xcb, 0, 0) });

        expect(client.responseHead).not.toMatch(/sec-websocket-extensions/i);
        expect(await client.closed).toMatchObject({ code: PROTOCOL_ERROR });
      });
    },
  );
});

describe('4 opcodes', () => {
  test.for([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('%i, which means nothing, ends the session', async (opcode) => {
    await expectClose([{ opcode }], PROTOCOL_ERROR);
    await expectClose([{ opcode, payload: 'x' }, STOP], PROTOCOL_ERROR);
  });
});

describe('5 and 9 fragments', () => {
  const audio = new Uint8Array(600);

  test.for([1, 64, 599])('audio in frames of %i bytes is one message', async (length) => {
    await expectHeard((client) => client.write(...fragmented(binary, cut(audio, length))), 300);
  });

  test('frames without a byte between them change nothing', async () => {
    const empty = new Uint8Array(0);

    await expectHeard((client) => client.write(...fragmented(binary, [empty, audio, empty, empty])), 300);
  });

  test('pings between the frames are answered before the message is whole', async () => {
    await withSession(async (client) => {
      client.write(...fragmented(binary, cut(audio, 100), [{ opcode: ping, payload: 'between' }]).slice(0, -1));
      for (let i = 0; i < 5; i++) expect((await client.nextFrame(pong)).payload.toString()).toBe('between');
      client.write({ opcode: continuation, payload: audio.subarray(500) }, STOP);

      expect(await client.next('end')).toMatchObject({ samples: 300 });
      await client.closed;
    });
  });

  test('and in pieces of a byte on the network, too', async () => {
    const bytes = Buffer.concat(fragmented(binary, cut(audio, 100), [{ opcode: ping }]).map(frameBytes));

    await expectHeard((client) => client.writeInPieces(bytes, 1), 300);
  });

  test.for<[string, Frame[]]>([
    ['a ping in fragments', fragmented(ping, ['a', 'b'])],
    ['a pong in fragments', fragmented(pong, ['a', 'b'])],
    ['a close in fragments', fragmented(close, ['a', 'b'])],
    ['a last frame of nothing', [{ opcode: continuation, payload: 'x' }]],
    ['a frame of nothing that goes on', [{ opcode: continuation, payload: 'x', isLast: false }]],
    ['more after the last frame', [...fragmented(binary, [audio, audio]), { opcode: continuation, payload: audio }]],
    [
      'another message within one',
      [
        { opcode: binary, payload: audio, isLast: false },
        { opcode: binary, payload: audio },
      ],
    ],
    ['text within audio', [{ opcode: binary, payload: audio, isLast: false }, STOP]],
  ])('%s ends the session', async ([, frames]) => {
    await expectClose(frames, PROTOCOL_ERROR);
  });

  test.for([64, 1024, 4096, 65_536])('64 KiB in frames of %i bytes are heard', async (length) => {
    await expectHeard((client) => client.write(...fragmented(binary, cut(new Uint8Array(64 * KIBIBYTE), length))), 32 * KIBIBYTE);
  });

  test.for([4096, 65_536])('more than 64 KiB in frames of %i bytes is told to be too big', async (length) => {
    await withSession(async (client) => {
      client.write(...fragmented(binary, cut(new Uint8Array(64 * KIBIBYTE + 2), length)));

      expect(await client.next('error')).toMatchObject({ code: 'message_too_big' });
      expect(await client.closed).toEqual({ code: TOO_BIG, reason: 'message_too_big' });
    });
  });

  test.for([128 * KIBIBYTE + 1, 2 ** 24, 2 ** 31, 2 ** 53 - 1])(
    'a frame that announces %i bytes ends the session before they come',
    async (declaredBytes) => {
      await expectClose([{ opcode: binary, declaredBytes }], TOO_BIG);
    },
  );

  test('so do frames that together are longer than any message', async () => {
    await expectClose(fragmented(binary, cut(new Uint8Array(192 * KIBIBYTE), 32 * KIBIBYTE)), TOO_BIG);
  });
});

describe('6 UTF-8', () => {
  /** `start` with these bytes in a string of its metadata. */
  const startWith = (bytes: Uint8Array): Buffer => {
    const [before = '', after = ''] = JSON.stringify({ ...MONO_S16, metadata: { note: '|' } }).split('|');
    return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
  };
  const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

  const VALID: readonly [string, string][] = [
    ['Greek', 'ce ba e1 bd b9 cf 83 ce bc ce b5'],
    ['the first of two bytes', 'c2 80'],
    ['the first of three', 'e0 a0 80'],
    ['the first of four', 'f0 90 80 80'],
    ['the last of one', '7f'],
    ['the last of two', 'df bf'],
    ['the last before the surrogates', 'ed 9f bf'],
    ['the first after them', 'ee 80 80'],
    ['the replacement character', 'ef bf bd'],
    ['the last of Unicode', 'f4 8f bf bf'],
    ['no characters, which are allowed all the same', 'ef bf be ef bf bf f0 9f bf be f4 8f bf bf'],
  ];
  const INVALID: readonly [string, string][] = [
    ['a continuation alone', '80'],
    ['the last continuation alone', 'bf'],
    ['many of them', '80 bf 80 bf 80 bf 80'],
    ['two bytes of which one is missing', 'c0 20'],
    ['three of which one is missing', 'e0 a0 20'],
    ['four of which one is missing', 'f0 90 80 20'],
    ['beyond Unicode', 'f4 90 80 80'],
    ['five bytes', 'f8 88 80 80 80'],
    ['six bytes', 'fc 84 80 80 80 80'],
    ['bytes that cannot be', 'fe fe ff ff'],
    ['a slash in two bytes', 'c0 af'],
    ['a slash in three', 'e0 80 af'],
    ['a slash in four', 'f0 80 80 af'],
    ['a zero in two bytes', 'c0 80'],
    ['the longest that is overlong', 'f0 8f bf bf'],
    ['a high surrogate', 'ed a0 80'],
    ['a low one', 'ed bf bf'],
    ['a pair of them', 'ed a0 80 ed b0 80'],
    ['a BOM the other way round', 'ff fe'],
  ];

  test.for(VALID)('%s is text', async ([, digits]) => {
    const bytes = startWith(hex(digits));
    await neighbour.unharmedBy(async () => {
      for (const parts of [[bytes], cut(bytes, 1)]) {
        const client = await RawWebSocket.open(server.url);
        client.write(...fragmented(text, parts));

        expect(await client.next('ready')).toMatchObject({ protocol: 1 });
        client.write({ opcode: close });
        await client.closed;
      }
    });
  });

  test.for(INVALID)('%s is none, in one frame or in many', async ([, digits]) => {
    const bytes = startWith(hex(digits));
    await neighbour.unharmedBy(async () => {
      for (const parts of [[bytes], cut(bytes, 1)]) {
        const client = await RawWebSocket.open(server.url);
        client.write(...fragmented(text, parts));

        expect(await client.closed).toMatchObject({ code: INVALID_PAYLOAD });
      }
    });
  });
});

describe('7 the closing handshake', () => {
  const closeFrame = (code: number, reason: string | Uint8Array = ''): Frame => {
    const payload = Buffer.alloc(2 + Buffer.from(reason).length);
    payload.writeUInt16BE(code);
    payload.set(Buffer.from(reason), 2);
    return { opcode: close, payload };
  };

  test.for([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])(
    'code %i is answered with itself',
    async (code) => {
      await expectClose([closeFrame(code)], code);
    },
  );

  test.for([0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535])('code %i, which may not be sent, is a fault', async (code) => {
    await expectClose([closeFrame(code)], PROTOCOL_ERROR);
  });

  test.for<[string, Frame, number]>([
    ['without a code', { opcode: close }, 1005],
    ['with half a code', { opcode: close, payload: Uint8Array.of(3) }, PROTOCOL_ERROR],
    ['with a reason', closeFrame(1000, 'that is all'), 1000],
    ['with the longest reason', closeFrame(1000, 'x'.repeat(123)), 1000],
    ['with a reason too long', closeFrame(1000, 'x'.repeat(124)), PROTOCOL_ERROR],
    ['with a reason that is no text', closeFrame(1000, Uint8Array.of(0xce, 0xba, 0xe1, 0xbd)), INVALID_PAYLOAD],
  ])('a close %s', async ([, frame, code]) => {
    await expectClose([frame], code);
  });

  test.for<[string, Frame]>([
    ['a second close', { opcode: close }],
    ['a ping', { opcode: ping, payload: 'late' }],
    ['a message', STOP],
    ['half a message', { opcode: text, payload: 'x', isLast: false }],
  ])('%s after the close is not looked at', async ([, frame]) => {
    await withSession(async (client) => {
      client.write(Buffer.concat([closeFrame(1000), frame].map(frameBytes)));

      expect(await client.closed).toEqual({ code: 1000, reason: '' });
      expect(client.unread.map(({ opcode }) => opcode)).toEqual([close]);
    });
  });

  test('within a message ends the session as well', async () => {
    await expectClose([{ opcode: binary, payload: new Uint8Array(10), isLast: false }, closeFrame(1000)], 1000);
  });
});
