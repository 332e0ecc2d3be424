import { expect, test } from 'vitest';
import { createSignalling } from './signalling.ts';

/** All agreed to meet peers; `flood` answers how many of so many signals arrive. */
function relay(...volunteers: string[]) {
  let at = 0;
  let arrived = 0;
  const send = () => {
    arrived++;
    return true;
  };
  const signalling = createSignalling(send, Math.random, () => at);
  for (const volunteer of volunteers) signalling.heard(volunteer, { type: 'have', blobs: ['a'.repeat(64)] }, volunteer);
  return {
    wait(ms: number) {
      at += ms;
    },
    flood(from: string, to: string, count: number): number {
      arrived = 0;
      for (let i = 0; i < count; i++) signalling.heard(from, { type: 'signal', to, data: 'x' }, from);
      return arrived;
    },
  };
}

test('B3: of one volunteer another hears so many signals and no more, and those of others still', () => {
  const { flood, wait } = relay('stranger', 'victim', 'friend');
  expect(flood('stranger', 'victim', 1000)).toBe(60);
  expect(flood('stranger', 'friend', 10)).toBe(10);
  expect(flood('friend', 'victim', 30)).toBe(30);
  wait(2000);
  expect(flood('stranger', 'victim', 1000)).toBe(10);
});

test('B3: however many signal, one volunteer hears no more than its links take', () => {
  const crowd = Array.from({ length: 50 }, (_, i) => `v${i}`);
  const { flood, wait } = relay('victim', ...crowd);
  const all = () => crowd.reduce((sum, from) => sum + flood(from, 'victim', 100), 0);
  expect(all()).toBe(300);
  wait(1000);
  expect(all()).toBe(30);
});
