import { MOST_PARTS } from '@pathfold/works/what-and-how/plan-state';
import { expect, test } from 'vitest';
import { settings } from './settings.ts';
import { lossAfterSwitch, median, neighbourAccuracy, stepsToRemember, type Trace } from './trace.ts';

/** Visits [task, batches], with a loss for each batch by its place in the visit. */
function trace(
  visits: readonly (readonly [task: number, batches: number])[],
  lossOf: (visit: number, since: number) => number,
): Trace {
  const all = visits.flatMap(([task, batches], visit) =>
    Array.from({ length: batches }, (_, since) => ({ task, since, loss: lossOf(visit, since) })),
  );
  return { losses: all.map(({ loss }) => loss), seen: all.map(({ task, since }) => ({ task, since })), contexts: [] };
}

test('the median of an even number is between the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('loss after a switch is that of those batches alone, from a quarter of the stream on', () => {
  const one = trace(
    [
      [0, 4],
      [1, 4],
      [0, 4],
      [1, 4],
    ],
    (visit, since) => 100 * visit + since + 1,
  );
  expect(lossAfterSwitch([one], 1)).toBe(201);
  expect(lossAfterSwitch([one], 2, 3)).toBe(median([102, 103, 202, 203, 302, 303]));
  const other = trace(
    [
      [0, 4],
      [1, 4],
      [0, 4],
      [1, 4],
    ],
    () => 7,
  );
  expect(lossAfterSwitch([one, other], 1)).toBe(median([101, 201, 301, 7, 7, 7]));
});

test('a task that was away for 500 batches is remembered at the first batch within 10 % of its best ten before', () => {
  const best = 2;
  const learnt = trace(
    [
      [0, 12],
      [1, 500],
      [0, 30],
    ],
    (visit, since) => {
      if (visit === 0) return since < 2 ? 50 : best;
      return visit === 2 && since >= 6 ? 2.19 : 9;
    },
  );
  expect(stepsToRemember([learnt])).toBe(7);
  const never = trace(
    [
      [0, 12],
      [1, 500],
      [0, 30],
    ],
    (visit) => (visit === 0 ? best : 2.21),
  );
  expect(stepsToRemember([never])).toBe(30);
});

test('who was away for less does not count; nothing to count is no number', () => {
  const soon = trace(
    [
      [0, 12],
      [1, 499],
      [0, 30],
    ],
    () => 1,
  );
  expect(stepsToRemember([soon])).toBeNaN();
  const twice = trace(
    [
      [0, 12],
      [1, 499],
      [0, 30],
      [1, 499],
      [0, 5],
    ],
    (visit, since) => (visit === 4 && since < 3 ? 9 : 1),
  );
  expect(stepsToRemember([twice])).toBeNaN();
});

test('contexts of other visits alone tell the task; the first two batches of a visit and the first half do not count', () => {
  const base = trace(
    [
      [0, 10],
      [0, 10],
      [1, 10],
      [0, 10],
      [1, 10],
      [0, 10],
    ].slice(0, 6) as never,
    () => 1,
  );
  const context = (at: number, place: number) => ({ at, logits: Float32Array.of(place, 0) });
  const contexts = [
    context(5, 0.9), // the first half
    context(31, 50), // a batch after the switch
    context(35, 1), // task 0
    context(36, 1.1), // the same visit
    context(45, 8), // task 1
    context(55, 2), // task 0, another visit
  ];
  const seen: Trace = { ...base, contexts };
  // Nearest in other visits: 1 -> 2 (task 0), 1.1 -> 2 (task 0), 8 -> 2 (task 0, wrong), 2 -> 1.1 (task 0).
  expect(neighbourAccuracy([seen], 'other visits')).toBe(3 / 4);
  expect(neighbourAccuracy([seen], 'all')).toBe(3 / 4);
  const alone: Trace = { ...base, contexts: [context(35, 1), context(36, 1.1)] };
  expect(neighbourAccuracy([alone], 'other visits')).toBeNaN();
  expect(neighbourAccuracy([alone], 'all')).toBe(1);
});

test('no arm has more stretches than a run keeps: the study reads them all at its end', () => {
  for (const quick of [true, false])
    for (const { config } of Object.values(settings(quick))) {
      const { streams } = config.arms[0]!;
      const each = streams > 1 ? config.averageEvery : config.stretch;
      expect(Math.ceil(config.batches / streams / each)).toBeLessThanOrEqual(MOST_PARTS);
    }
});
