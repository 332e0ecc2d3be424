import { randomPath } from '@pathfold/checkpoint/random-path.fixture';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainLogits } from '../fixtures/plain-llama.ts';
import { generate } from '../generate.ts';
import { openSession } from '../session.ts';
import { pathOnnx, transformersOnnx } from './path-graph.ts';
import { openAsTransformers } from './transformers.fixture.ts';

const PROMPTS = [
  [0, 17, 4, 299, 4, 123, 250, 9],
  [0, 31, 77],
  [0, 201, 42, 42, 5],
];
const [PROMPT] = PROMPTS as [number[]];
const COUNT = 64;

const likeliest = (logits: ArrayLike<number>): number => Array.from(logits).indexOf(Math.max(...Array.from(logits)));

describe.each([true, false])('graphs for transformers.js, tied head %s', (tied) => {
  const path = randomPath({ context: 128, tied });
  let plain: Awaited<ReturnType<typeof openAsTransformers>>;
  let coded: Awaited<ReturnType<typeof openAsTransformers>>;
  /** The continuations of `PROMPTS` by the graph that answers prompts here. */
  let said: number[][];

  beforeAll(async () => {
    plain = await openAsTransformers(transformersOnnx(path, { int8: false }));
    coded = await openAsTransformers(transformersOnnx(path, { int8: true }));
    const session = await openSession(pathOnnx(path, { cached: true }));
    said = [];
    for (const prompt of PROMPTS) {
      const ids: number[] = [];
      for await (const id of generate(() => session, 128, prompt, likeliest)) if (ids.push(id) === COUNT) break;
      said.push(ids);
    }
    await session.release();
  });
  afterAll(() => Promise.all([plain.release(), coded.release()]));

  test('take and give what it names', () => {
    const blocks = [0, 1, 2];
    const inputs = blocks.flatMap((block) => [`past_key_values.${block}.key`, `past_key_values.${block}.value`]);
    const outputs = blocks.flatMap((block) => [`present.${block}.key`, `present.${block}.value`]);
    for (const { inputNames, outputNames } of [plain, coded]) {
      expect([...inputNames].sort()).toEqual(['attention_mask', 'input_ids', ...inputs, 'position_ids'].sort());
      expect([...outputNames].sort()).toEqual(['logits', ...outputs].sort());
    }
  });

  test('float32: the logits of the net within 1e-4, also beyond the context', async () => {
    const ids = [...PROMPT, ...said[0]!];
    const expected = plainLogits(path, ids);
    const differences = (await plain.logits(ids)).map((logits, at) =>
      Math.max(...logits.map((value, id) => Math.abs(value - expected[at]![id]!))),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-4);
    expect((await plain.logits(new Array(130).fill(7)))[129]!.every(Number.isFinite)).toBe(true);
  });

  test(`float32: the same ${COUNT} greedy tokens, prompts one by one and padded to one batch`, async () => {
    for (const [i, prompt] of PROMPTS.entries()) expect(await plain.greedy([prompt], COUNT)).toEqual([said[i]]);
    expect(await plain.greedy(PROMPTS, COUNT)).toEqual(said);
  });

  test('8 bits: fewer bytes, logits near by, mostly the same likeliest token', async () => {
    const ids = [...PROMPT, ...said[0]!];
    const exact = await plain.logits(ids);
    const rounded = await coded.logits(ids);
    const sum = (f: (value: number, its: number) => number) =>
      exact.reduce((all, row, at) => row.reduce((part, value, id) => part + f(value, rounded[at]![id]!), all), 0);
    expect(Math.sqrt(sum((value, its) => (value - its) ** 2) / sum((value) => value ** 2))).toBeLessThan(0.1);
    const same = exact.filter((row, at) => likeliest(row) === likeliest(rounded[at]!)).length;
    expect(same / exact.length).toBeGreaterThan(0.9);
    const [large, small] = [false, true].map((int8) => transformersOnnx(path, { int8 }).length) as [number, number];
    expect(small / large).toBeLessThan(0.45);
    expect((await coded.greedy(PROMPTS, COUNT)).map(({ length }) => length)).toEqual(PROMPTS.map(() => COUNT));
  });
});
