/** Any headers of a handshake: nobody gets in without a token that is on the list, and nothing breaks. */

import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import { clientAddress } from '../../../services/stream/auth/client-address.ts';
import { assertOrigin } from '../../../services/stream/auth/origins.ts';
import { tokenOf } from '../../../services/stream/auth/request-token.ts';
import { StaticTokens } from '../../../services/stream/auth/static-tokens.ts';
import { TokenGate } from '../../../services/stream/auth/token-gate.ts';
import { bytesOf, refusing, type Target } from '../target.ts';

const TOKEN = 'correct-horse';
const MAX_ADDRESS_CHARACTERS = 4096;
const decoder = new TextDecoder('latin1'); // as Node reads headers
const gate = new TokenGate('tokens', new StaticTokens(`${TOKEN};speed=4`), undefined);
const ACCESS = [
  { allowedOrigins: [], isLoopback: true },
  { allowedOrigins: [], isLoopback: false },
  { allowedOrigins: ['https://app.example'], isLoopback: false },
] as const;

/** One header a line: origin, host, authorization, sub-protocols, forwarded for, remote address. */
export const handshake: Target = {
  name: 'handshake',
  sources: ['services/stream/auth'],
  seeds: [
    `https://app.example\napp.example\nBearer ${TOKEN}\nkws.v1\n\n127.0.0.1`,
    `http://localhost:8080\nlocalhost:8080\n\nkws.v1, kws.token.${TOKEN}\n192.0.2.1, 198.51.100.2\n::ffff:10.0.0.1`,
    'null\nx\nBasic eDp5\nkws.token.\n2001:db8::1%eth0, ::\n2001:db8:1:2:3:4:5:6',
    'http://127.0.0.1.evil.example\n[::1]:8080\nBearer \nmqtt\n,,,\nfe80::1',
  ].map(bytesOf),
  dictionary: [
    'Bearer ',
    'kws.token.',
    'kws.v1',
    '127.0.0.1',
    '[::1]',
    '::ffff:',
    'localhost',
    'https://',
    '://',
    '@',
    '%00',
    ',',
    '\n',
    TOKEN,
  ].map(bytesOf),
  run(input) {
    const [origin = '', host, authorization, protocols, forwardedFor, remoteAddress] = decoder.decode(input).split('\n');
    for (const access of ACCESS) refusing(ProtocolError, () => assertOrigin({ origin, host }, access));
    assertListed(origin, host);
    const token = tokenOf({ authorization, 'sec-websocket-protocol': protocols });
    refusing(ProtocolError, () => {
      void gate.admit(token);
      if (token !== TOKEN) throw new Error(`${JSON.stringify(token)} was let in`);
    });
    for (const trustedProxies of [0, 1, 2]) {
      const address = clientAddress({ remoteAddress, forwardedFor }, trustedProxies);
      if (address.length > MAX_ADDRESS_CHARACTERS + input.length) throw new Error(`an address of ${address.length} characters`);
    }
  },
};

/** With a list, what is not on it does not get in. */
function assertListed(origin: string, host: string | undefined): void {
  let isIn = true;
  try {
    assertOrigin({ origin, host }, ACCESS[2]);
  } catch {
    isIn = false;
  }
  if (isIn !== (origin === 'https://app.example')) throw new Error(`origin ${JSON.stringify(origin)} was ${isIn ? 'let in' : 'kept out'}`);
}
