/** What a request says of itself: its page, its token, its address. */

import { describe, expect, test } from 'vitest';

import { clientAddress } from '../../../../services/stream/auth/client-address.ts';
import { isOriginAllowed } from '../../../../services/stream/auth/origins.ts';
import { tokenOf } from '../../../../services/stream/auth/request-token.ts';

describe('a page', () => {
  const loopback = { isLoopback: true, allowedOrigins: [] };
  const exposed = { isLoopback: false, allowedOrigins: [] };
  const listed = { isLoopback: true, allowedOrigins: ['https://app.example'] };

  test.for([
    ['no page', undefined, exposed, true],
    ['of loopback on loopback', 'http://localhost:5173', loopback, true],
    ['of the world on loopback, though its name points here', 'http://kws.example', loopback, false],
    ['of a name that only begins like loopback', 'http://localhost.example', loopback, false],
    ['without a place', 'null', loopback, false],
    ['of the service itself', 'https://kws.example', exposed, true],
    ['of another place', 'https://evil.example', exposed, false],
    ['on the list', 'https://app.example', listed, true],
    ['not on the list', 'http://localhost', listed, false],
    ['of anywhere where any may', 'https://evil.example', { ...exposed, allowedOrigins: ['*'] }, true],
  ] as const)('%s: %s', ([, origin, settings, isAllowed]) => {
    expect(isOriginAllowed({ origin, host: 'kws.example' }, settings)).toBe(isAllowed);
  });

  test('of bytes that are no address stays out, however often it asks', () => {
    // As Node hands a header over: Latin-1. The compiled `URL.canParse` of Node 20 takes it, some thousand calls later.
    const origin = Buffer.from('http:/\u0458', 'utf8').toString('latin1');

    const isAllowed = Array.from({ length: 50_000 }, () => isOriginAllowed({ origin, host: 'kws.example' }, exposed));

    expect(isAllowed).not.toContain(true);
  });
});

test.for([
  [{ authorization: 'Bearer abc.def' }, 'abc.def'],
  [{ authorization: 'bearer  abc' }, 'abc'],
  [{ authorization: 'Basic abc' }, undefined],
  [{ 'sec-websocket-protocol': 'kws.v1, kws.token.abc.def' }, 'abc.def'],
  [{ 'sec-websocket-protocol': 'kws.v1' }, undefined],
  [{ authorization: 'Bearer header', 'sec-websocket-protocol': 'kws.token.protocol' }, 'header'],
  [{}, undefined],
] as const)('the token of %o is %s', ([headers, token]) => {
  expect(tokenOf(headers)).toBe(token);
});

test.for([
  ['192.0.2.1', undefined, 0, '192.0.2.1'],
  ['::ffff:192.0.2.1', undefined, 0, '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2::/64'],
  ['2001:db8::1', undefined, 0, '2001:db8:0:0::/64'],
  ['2001:0db8:0001::1%eth0', undefined, 0, '2001:db8:1:0::/64'],
  ['::1', undefined, 0, '0:0:0:0::/64'],
  ['10.0.0.1', '198.51.100.7', 0, '10.0.0.1'],
  ['10.0.0.1', '198.51.100.7', 1, '198.51.100.7'],
  ['10.0.0.1', 'forged, 198.51.100.7, 10.0.0.2', 2, '198.51.100.7'],
  ['10.0.0.1', '198.51.100.7', 3, '10.0.0.1'],
] as const)('%s, forwarded for %s through %i proxies, counts for %s', ([remoteAddress, forwardedFor, proxies, address]) => {
  expect(clientAddress({ remoteAddress, forwardedFor }, proxies)).toBe(address);
});
