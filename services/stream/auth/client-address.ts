/** Whom a connection counts for: an IPv4 address, or the /64 that one IPv6 customer has. */

import { isIPv6 } from 'node:net';

/** How a connection came. */
export interface Arrival {
  readonly remoteAddress: string | undefined;
  readonly forwardedFor: string | undefined;
}

/** The client's address, as the nearest of `trustedProxies` proxies saw it, shortened to what is counted. */
export function clientAddress({ remoteAddress = '', forwardedFor = '' }: Arrival, trustedProxies: number): string {
  const hops = forwardedFor.split(',').map((hop) => hop.trim());
  const seen = trustedProxies > 0 ? hops.at(-trustedProxies) : undefined;
  return networkOf(seen === undefined || seen === '' ? remoteAddress : seen);
}

function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** The eight groups of an IPv6 address, written out. */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
