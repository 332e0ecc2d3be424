import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitsOf } from '../../primitives/battery.ts';
import { type Case, indices, x } from '../../primitives/case.ts';
import { causalAttention } from '../../primitives/causal-attention/causal-attention.ts';
import { crossEntropy } from '../../primitives/cross-entropy/cross-entropy.ts';
import { embedding } from '../../primitives/embedding/embedding.ts';
import { largest } from '../../primitives/largest/largest.ts';
import { matmul } from '../../primitives/matmul/matmul.ts';
import { nodeCases } from '../../primitives/node-cases.ts';
import { rmsNorm } from '../../primitives/rms-norm/rms-norm.ts';
import { rope } from '../../primitives/rope/rope.ts';
import { swiglu } from '../../primitives/swiglu/swiglu.ts';
import { openExecutor } from '../open.ts';
import { openNative } from './open.ts';

const side = (max = 70) => fc.integer({ min: 1, max });
const once = (name: string, inputs: Case['inputs'], build: Case['build']): Case => ({
  name,
  inputs,
  build,
  derivatives: 1,
});

/** Primitives whose kernels treat the last few rows and columns apart, in any size. */
const anySize: fc.Arbitrary<Case> = fc.oneof(
  fc
    .tuple(side(), side(600), side(90), fc.boolean(), fc.boolean())
    .map(([m, k, n, transposeA, transposeB]) =>
      once(
        `matmul ${m} ${k} ${n} ${transposeA} ${transposeB}`,
        [transposeA ? x(k, m) : x(m, k), transposeB ? x(n, k) : x(k, n)],
        ([a, b]) => [matmul(a!, b!, { transposeA, transposeB })],
      ),
    ),
  fc
    .tuple(side(3), side(90), side(3), side(40))
    .map(([items, context, heads, headWidth]) =>
      once(
        `causalAttention ${items} ${context} ${heads} ${headWidth}`,
        [x(items * context, 3 * heads * headWidth)],
        ([qkv]) => [causalAttention(qkv!, { context, heads })],
      ),
    ),
  fc
    .tuple(side(), side(300))
    .map(([rows, width]) =>
      once(`rmsNorm ${rows} ${width}`, [x(rows, width), x(width)], ([a, gain]) => [rmsNorm(a!, gain!, 1e-5)]),
    ),
  fc
    .tuple(side(20), side(300))
    .map(([rows, width]) =>
      once(`crossEntropy ${rows} ${width}`, [x(rows, width), indices(width, rows)], ([logits, targets]) => [
        crossEntropy(logits!, targets!),
      ]),
    ),
  fc
    .tuple(side(20), side(90))
    .map(([rows, half]) => once(`swiglu ${rows} ${half}`, [x(rows, 2 * half)], ([a]) => [swiglu(a!)])),
  fc
    .tuple(side(40), side(40), side(90))
    .map(([rows, count, width]) =>
      once(`embedding ${rows} ${count} ${width}`, [x(rows, width), indices(rows, count)], ([table, ids]) => [
        embedding(table!, ids!),
      ]),
    ),
  fc
    .tuple(side(20), side(4), side(24), fc.nat({ max: 2 }))
    .map(([context, heads, half, passing]) =>
      once(`rope ${context} ${heads} ${half} ${passing}`, [x(2 * context, 2 * half * (heads + passing))], ([a]) => [
        rope(a!, { context, headWidth: 2 * half, heads, base: 10_000 }),
      ]),
    ),
  fc.tuple(side(20), side(300)).map(
    ([rows, width]): Case => ({
      name: `largest ${rows} ${width}`,
      inputs: [x(rows, width)],
      build: ([a]) => [largest(a!)],
      derivatives: 0,
    }),
  ),
);

if (spawnSync('gcc', ['--version']).status !== 0)
  console.log('NOT TESTED: the native executor: there is no compiler here (apt-get install gcc libc6-dev).');
else {
  const [wasm, native] = [await openExecutor('wasm'), await openNative()];

  test('every primitive and its derivatives give the bits of the WebAssembly kernels', async () => {
    const cases = await nodeCases();
    expect(await bitsOf(native, cases)).toEqual(await bitsOf(wasm, cases));
  });

  test('so do those that treat rows and columns apart, in any size', async () => {
    const sameBits = async (one: Case) => {
      expect(await bitsOf(native, [one])).toEqual(await bitsOf(wasm, [one]));
    };
    await fc.assert(fc.asyncProperty(anySize, sameBits), { seed: 1, numRuns: 400 });
  });
}

test('without a compiler one sentence says what to install', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '';
  try {
    await expect(openNative()).rejects.toThrow(/^no_device: .*apt-get install gcc libc6-dev$/);
  } finally {
    process.env['PATH'] = path;
  }
});
