import { memoryBlobs } from '@pathfold/blobs/memory';
import { pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { prepareCorpus } from '@pathfold/corpora/prepare';
import { PREFIX_BYTES } from '@pathfold/corpora/scoring';
import { decodeTokens } from '@pathfold/corpora/shards';
import { documentsBySplit } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import { drawWindows } from '@pathfold/corpora/windows';
import type { Moments } from '@pathfold/optim/inner/adamw';
import { WeightedMean } from '@pathfold/optim/outer/fold';
import { outerOptimizer } from '@pathfold/optim/outer/registry';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { evaluate } from '@pathfold/training/evaluate';
import { round } from '@pathfold/training/round';
import type { BenchOptions, BenchResult } from './options.ts';

/**
 * Which outer optimizer should a run take by default, with one, two or four replicas? Equal inner steps for each
 * replica, one seed, the starter corpus: the loss on fixed windows of the test split, nats a token.
 */
const MODEL = { width: 64, blocks: 2, heads: 2, context: 64, vocabulary: 512, tied: true };
const LEVELS = [{ experts: 1, blocks: MODEL.blocks }];
const BATCH = 8;

const ARMS = [
  { kind: 'averaging', learningRate: 1, momentum: 0 },
  { kind: 'nesterov', learningRate: 0.7, momentum: 0.9 },
  { kind: 'nesterov', learningRate: 0.4, momentum: 0.9 },
  { kind: 'nesterov', learningRate: 0.7, momentum: 0.5 },
  { kind: 'nesterov', learningRate: 0.9, momentum: 0.3 },
] as const;

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const steps = quick ? 5 : 25;
  const rounds = quick ? 2 : 40;
  const blobs = memoryBlobs();
  const { documents } = await prepareCorpus({
    documents: documentsBySplit(starterDocuments()),
    vocabulary: MODEL.vocabulary,
    context: MODEL.context,
    prefixBytes: PREFIX_BYTES,
    tokenizer: null,
    seed: 1,
    blobs,
  });
  const tokens = decodeTokens((await blobs.get(documents.train.sha256))!);
  const heldOut = decodeTokens((await blobs.get(documents.test.sha256))!);
  const probe = drawWindows(heldOut, { context: MODEL.context, batch: 128, seed: 7, step: 0 });
  const windows = { tokens: probe.inputs, targets: probe.targets };
  const executor = await openExecutor('wasm');
  const path = pathShape(MODEL, LEVELS, '0');
  const inner = {
    batch: BATCH,
    weightDecay: 0.1,
    clipNorm: 1,
    learningRate: 4e-3,
    warmupSteps: 50,
    totalSteps: steps * rounds,
  };

  const results: Record<string, number> = {};
  for (const replicas of quick ? [1] : [1, 2, 4])
    for (const arm of ARMS) {
      const theta = initPath(path, 1);
      const outer = outerOptimizer(arm);
      const state = outer.init(theta.length);
      const moments: (Moments | null)[] = Array.from({ length: replicas }, () => null);
      for (let t = 0; t < rounds; t++) {
        const mean = new WeightedMean(theta.length);
        for (let i = 0; i < replicas; i++) {
          const result = await round({
            executor,
            path,
            inner,
            theta,
            moments: moments[i]!,
            globalStep: t * steps,
            steps,
            batches(step) {
              const drawn = drawWindows(tokens, {
                context: MODEL.context,
                batch: BATCH,
                seed: i + 1,
                step: t * steps + step,
              });
              return { tokens: drawn.inputs, targets: drawn.targets };
            },
          });
          moments[i] = result.moments;
          mean.add(result.delta, result.steps, 1);
        }
        outer.update(theta, mean.mean(), { share: 1 }, state);
      }
      const nats = await evaluate({ executor, path, theta, windows });
      const loss = nats.reduce((sum, value) => sum + value, 0) / nats.length;
      const name = `k${replicas} ${arm.kind} lr ${arm.learningRate} momentum ${arm.momentum}`;
      results[name] = Number(loss.toFixed(4));
      console.log(`${name.padEnd(44)} ${loss.toFixed(4)} nats a token`);
    }
  executor.dispose();
  const best = (replicas: number) =>
    Math.min(...Object.entries(results).flatMap(([name, loss]) => (name.startsWith(`k${replicas} `) ? [loss] : [])));
  const ratios = Object.fromEntries(
    Object.entries(results).map(([name, loss]) => [name, Number((loss / best(Number(name[1]))).toFixed(4))]),
  );
  return { results, ratios };
}
