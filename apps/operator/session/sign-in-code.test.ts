import { describe, expect, it } from 'vitest';
import { takeCode } from './sign-in-code.ts';

describe('the sign-in link', () => {
  const place = (hash: string) => ({ hash, pathname: '/operator', search: '?a=1' }) as Location;

  it('gives its code once and leaves no trace of it in the address', () => {
    const addresses: unknown[] = [];
    const history = { replaceState: (...args: unknown[]) => addresses.push(args[2]) } as unknown as History;
    expect(takeCode(place('#code=abc-1'), history)).toBe('abc-1');
    expect(addresses).toEqual(['/operator?a=1']);
    expect(takeCode(place(''), history)).toBeNull();
    expect(addresses).toHaveLength(1);
  });
});
