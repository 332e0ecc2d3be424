import { isIPv4, isIPv6 } from 'node:net';

/** The words of a full IPv6 address that name a network: one customer may get as many as 65 536 of four words. */
const NETWORK_WORDS = 3;

/** The network of an address, which whoever is there shares: an IPv4 address, or the first 48 bits of an IPv6 address. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  const mapped = plain.slice(plain.lastIndexOf(':') + 1);
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const words = (text: string | undefined) => (text ? text.split(':') : []);
  const all = words(head);
  if (tail !== undefined) all.push(...Array<string>(8 - all.length - words(tail).length).fill('0'), ...words(tail));
  return all
    .slice(0, NETWORK_WORDS)
    .map((word) => Number.parseInt(word, 16).toString(16))
    .join(':');
}
