// Trains the base of the starter run: npm run train:base -- FOLDER [STEPS]. Ctrl-C ends it; the next call goes on (README.md)
import { documentsBySplit } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import { openStudyExecutor } from '../executor.ts';
import { type BaseSpec, trainBase } from './train.ts';

const [folder, steps = '20000'] = process.argv.slice(2);
const totalSteps = Number(steps);
if (!folder || !Number.isSafeInteger(totalSteps) || totalSteps < 1) {
  console.error('where to, and for how many steps? npm run train:base -- FOLDER [STEPS]');
  process.exit(2);
}

const spec: BaseSpec = {
  model: { width: 160, blocks: 4, heads: 4, context: 128, vocabulary: 1024, tied: true },
  seed: 1,
  inner: { learningRate: 3e-3, warmupSteps: 100, totalSteps, batch: 8, weightDecay: 0.1, clipNorm: 1 },
  storeEvery: 100,
};
const { train, test } = documentsBySplit(starterDocuments());
const began = Date.now();
await trainBase(folder, spec, { train, heldOut: test }, await openStudyExecutor('native'), (point) =>
  console.log(JSON.stringify({ ...point, minutes: (Date.now() - began) / 60_000 })),
);
