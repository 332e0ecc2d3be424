import { expect, test } from 'vitest';
import { typicalNorm, withNorm } from './norms.ts';
import type { Norm } from './state.ts';

const sent = (...all: [volunteer: string, norm: number][]): Norm[] =>
  all.reduce<Norm[]>((norms, [volunteer, norm]) => withNorm(norms, { volunteer, norm }), []);

test('a volunteer is one voice, however much it hands in', () => {
  const flood = Array.from({ length: 100 }, (): [string, number] => ['flood', 0]);
  expect(typicalNorm(sent(['a', 1], ['b', 1.2], ['c', 1.1], ...flood))).toBeCloseTo(1.05, 12);
  expect(typicalNorm(sent(['a', 1], ...flood))).toBe(0.5);
});

test('of each the middle of its last eight counts; a newcomer counts with what it brings', () => {
  const own = [9, 9, 1, 1, 1, 1, 1, 7, 7, 7].map((norm): [string, number] => ['a', norm]);
  expect(typicalNorm(sent(...own))).toBe(1);
  expect(typicalNorm(sent(['a', 2]), { volunteer: 'b', norm: 8 })).toBe(5);
  expect(typicalNorm(sent(['a', 2], ['b', 2]), { volunteer: 'b', norm: 8 })).toBe(2);
  expect(typicalNorm([])).toBeNaN();
});

test('norms as older versions kept them are nobody’s', () => {
  const old = [0.5, 0.7] as unknown as Norm[];
  expect(typicalNorm(withNorm(old, { volunteer: 'a', norm: 3 }))).toBe(3);
});
