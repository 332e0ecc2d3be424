import { expect, test } from 'vitest';
import { networkOf } from './network.ts';

test('an address shares its network with its household, and with nobody else', () => {
  expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
  expect(networkOf('::ffff:203.0.113.7')).toBe('203.0.113.7');
  expect(networkOf('2001:DB8:0:12::1')).toBe(networkOf('2001:db8:0:12:aaaa:bbbb:cccc:dddd'));
  expect(networkOf('2001:db8:0:12::1')).toBe(networkOf('2001:db8:0:13::1'));
  expect(networkOf('2001:db8:0:12::1')).not.toBe(networkOf('2001:db8:1:12::1'));
  expect(networkOf('fe80::1%eth0')).toBe(networkOf('fe80::2'));
  expect(networkOf('::1')).toBe('0:0:0');
});
