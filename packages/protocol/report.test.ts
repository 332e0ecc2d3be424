import { expect, test } from 'vitest';
import { Report } from './report.ts';

const good: Report = {
  ...{ steps: 20, tokens: 2560, computeMs: 9000, loss: 3 },
  downloadedBytes: { peers: 0, coordinator: 4096 },
  executor: { name: 'wasm', adapter: 'two threads', tokensPerSecond: 256 },
};

test('a report is what its schema lets in, at its bounds too', () => {
  for (const changes of [{}, { computeMs: 0 }, { computeMs: 1e10 }, { loss: null }, { steps: 0, tokens: 0 }])
    expect(Report.safeParse({ ...good, ...changes }).success).toBe(true);
});

test.each([
  ['computeMs', -1],
  ['computeMs', 1e10 + 1],
  ['computeMs', Number.NaN],
  ['computeMs', Number.POSITIVE_INFINITY],
  ['computeMs', null],
  ['steps', -1],
  ['steps', 1.5],
  ['tokens', -1],
  ['tokens', 2 ** 40 + 1],
  ['loss', Number.NaN],
  ['loss', -1],
])('a bad clock, and whatever else cannot be, is refused and named: %s %s', (field, value) => {
  // As it travels: JSON has neither NaN nor infinities.
  for (const report of [{ ...good, [field]: value }, JSON.parse(JSON.stringify({ ...good, [field]: value }))]) {
    if (field === 'loss' && report.loss === null) continue;
    const { success, error } = Report.safeParse(report);
    expect([success, error?.issues[0]?.path]).toEqual([false, [field]]);
  }
});

test('more downloaded than any lease needs is refused', () => {
  for (const bytes of [2 ** 40 + 1, Number.MAX_SAFE_INTEGER])
    expect(Report.safeParse({ ...good, downloadedBytes: { peers: 0, coordinator: bytes } }).success).toBe(false);
});

test('a speed that no device has is refused', () => {
  for (const tokensPerSecond of [-1, 1e12 + 1, Number.NaN])
    expect(Report.safeParse({ ...good, executor: { ...good.executor, tokensPerSecond } }).success).toBe(false);
});
