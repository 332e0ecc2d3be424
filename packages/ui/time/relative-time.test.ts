import { learnTime } from '@pathfold/client/coordinator-clock';
import { createElement } from 'react';
import { afterEach, expect, test } from 'vitest';
import { textOf } from '../markup.fixture.tsx';
import { RelativeTime } from './relative-time.tsx';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An answer says that the coordinator's clock is so far ahead of this machine's. */
const learn = (aheadMs: number) => learnTime(new Date(Date.now() + aheadMs).toUTCString(), Date.now(), Date.now());
afterEach(() => learn(0));

const shown = (at: string | number) => textOf(createElement(RelativeTime, { at })).trim();

test.each([-HOUR_MS, 0, HOUR_MS])('a clock of the visitor that is %i ms behind changes no age', (aheadMs) => {
  learn(aheadMs);
  const at = new Date(Date.now() + aheadMs - 3.2 * MINUTE_MS).toISOString();
  expect(shown(at)).toBe('3 min ago');
  // Events that the page itself saw go by its own clock.
  expect(shown(Date.now() - 3.2 * MINUTE_MS)).toBe('3 min ago');
});
