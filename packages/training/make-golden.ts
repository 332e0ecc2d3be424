import { writeFileSync } from 'node:fs';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { computeGolden, goldenBits } from './self-test.ts';

/**
 * Writes golden.json from the slow and simple reference, and the bits of our WebAssembly kernels:
 * `node --import tsx packages/training/make-golden.ts`.
 */
const golden = await computeGolden(await openExecutor('tfjs-cpu'));
const short = (value: number) => Number(value.toPrecision(8));
const rounded = { loss: short(golden.loss), gradient: golden.gradient.map(short), losses: golden.losses.map(short) };
const wasmBits = await goldenBits(await computeGolden(await openExecutor('wasm')));
writeFileSync(new URL('golden.json', import.meta.url), `${JSON.stringify({ ...rounded, wasmBits })}\n`);
