import { expect, test } from 'vitest';
import { runMind } from './run-mind.ts';

test('time that passes between two looks at the clock never loses a wake-up', () => {
  let time = 0;
  const timers: { at: number; wake: () => void }[] = [];
  const clock = {
    now: () => {
      time += 0.6;
      return time;
    },
    after: (ms: number, wake: () => void) => {
      timers.push({ at: time + ms, wake });
      return () => void timers.pop();
    },
  };
  let attempts = 0;
  const mind = runMind(
    clock,
    (decision) => {
      if (decision.type !== 'ConnectBegan') return;
      attempts++;
      mind.tell({ type: 'SocketClosed', chance: 0 });
    },
    () => {},
  );
  mind.tell({ type: 'Started', choice: 'cpu' });
  for (let i = 0; i < 200; i++) {
    const { at, wake } = timers[0] ?? expect.fail(`no timer after ${attempts} attempts`);
    // As real timers do, it fires a little early or late.
    time = Math.max(time, at - 3 + (i % 20) / 5);
    wake();
  }
  expect(attempts).toBeGreaterThan(10);
});
