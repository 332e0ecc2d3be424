import { expect, test } from 'vitest';
import { exp, ln, sinCos } from './exact.ts';

test('exact functions are as good as those of the engine', () => {
  for (let i = 1; i < 2000; i++) {
    const x = i * 0.37;
    expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(1e-14 * Math.max(1, Math.abs(Math.log(x))));
    expect(Math.abs(exp(x / 40 - 9) / Math.exp(x / 40 - 9) - 1)).toBeLessThan(1e-14);
    expect(Math.abs(sinCos(x).sin - Math.sin(x))).toBeLessThan(1e-12);
    expect(Math.abs(sinCos(-x).cos - Math.cos(x))).toBeLessThan(1e-12);
  }
});
