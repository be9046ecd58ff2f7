/** Who may come in, by token. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';

import { TokenGate } from '../../../../services/stream/auth/token-gate.ts';
import { readSettings } from '../../../../services/stream/config.ts';

const gateOf = (environment: Record<string, string>): Promise<TokenGate> => TokenGate.create(readSettings(environment, '/project').access);
const refused = expect.objectContaining({ code: 'unauthorized' }) as Error;

describe('without tokens', () => {
  test.for([
    [{}, 'open'],
    [{ HOST: 'localhost' }, 'open'],
    [{ HOST: '::1' }, 'open'],
    [{ HOST: '0.0.0.0' }, 'closed'],
    [{ HOST: '127.evil.example' }, 'closed'],
    [{ HOST: '0.0.0.0', KWS_AUTH: 'open' }, 'open'],
  ] as const)('%o is %s', async ([environment, policy]) => {
    const gate = await gateOf(environment);

    expect(gate.policy).toBe(policy);
    if (policy === 'open') expect(gate.admit(undefined)).toEqual({ subject: 'anyone' });
    else expect(() => gate.admit('any token')).toThrow(refused);
  });
});

describe('a list of tokens', () => {
  test('lets in who has one of them, even where anyone could come in', async () => {
    const gate = await gateOf({ KWS_TOKENS: 'first-token, second-token;speed=50' });

    const tenant = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    expect(gate.admit('first-token')).toEqual({ subject: 'token 1', tenant, maxSpeed: undefined });
    expect(gate.admit('second-token')).toEqual({ subject: 'token 2', tenant, maxSpeed: 50 });
    for (const token of [undefined, '', 'first-toke', 'first-token ', 'second-token;speed=50']) {
      expect(() => gate.admit(token)).toThrow(refused);
    }
  });

  test.for(['short', 'long-enough;speed=0', 'long-enough;speed=fast', 'long-enough;speed=2;speed=3', 'long-enough;role=admin'])(
    'such as %s is refused without being shown',
    async (list) => {
      const failure = await gateOf({ KWS_TOKENS: list }).catch((error: unknown) => error as Error);

      expect(failure).toMatchObject({ code: 'invalid_configuration' });
      expect((failure as Error).message).not.toContain(list.split(';')[0]);
    },
  );
});

describe('JSON Web Tokens', () => {
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;

  async function setUp(environment: Record<string, string> = {}) {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const directory = await mkdtemp(join(tmpdir(), 'kws-jwks-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'jwks.json');
    await writeFile(file, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] }));
    const gate = await gateOf({ KWS_JWKS_FILE: file, ...environment });
    const sign = (payload: JWTPayload): Promise<string> =>
      new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
    return { gate, sign };
  }

  test('are let in until they expire, at the speed they name', async () => {
    const { gate, sign } = await setUp();

    const grant = await gate.admit(await sign({ sub: 'device-7', exp: inAnHour, kws_max_speed: 20 }));

    expect(grant).toEqual({ subject: 'device-7', tenant: '[null,"device-7"]', maxSpeed: 20, expiresAtMs: inAnHour * 1000 });
  });

  test('that are expired, endless, of another key, or changed are not', async () => {
    const { gate, sign } = await setUp();
    const other = await setUp();
    const good = await sign({ exp: inAnHour });
    const tokens = [
      await sign({ exp: inAnHour - 7200 }),
      await sign({ sub: 'for ever' }),
      await sign({ exp: inAnHour, kws_max_speed: 1e9 }),
      await other.sign({ exp: inAnHour }),
      `${good.slice(0, -4)}AAAA`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
      'no token at all',
    ];

    for (const token of tokens) await expect(Promise.resolve(gate.admit(token))).rejects.toThrow(refused);
    expect(() => gate.admit(undefined)).toThrow(refused);
  });

  test('must be of the issuer and for the audience that are asked for', async () => {
    const { gate, sign } = await setUp({ KWS_JWT_ISSUER: 'https://issuer.example', KWS_JWT_AUDIENCE: 'kws' });
    const right = { iss: 'https://issuer.example', aud: 'kws', exp: inAnHour };

    expect(await gate.admit(await sign(right))).toMatchObject({ subject: 'jwt' });
    await expect(gate.admit(await sign({ ...right, iss: 'https://other.example' }))).rejects.toThrow(refused);
    await expect(gate.admit(await sign({ ...right, aud: 'other' }))).rejects.toThrow(refused);
  });

  test('need a file that holds keys', async () => {
    await expect(gateOf({ KWS_JWKS_FILE: 'no/such/file' })).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});
