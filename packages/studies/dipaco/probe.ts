import { createHash } from 'node:crypto';
import { byteCorpus } from '../byte-corpus.ts';
import { openStudyExecutor } from '../executor.ts';
import { probe } from '../laboratory/probe.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../study.ts';
import type { Blocks } from './blocks.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

const DOCUMENTS = { train: 64, router: 32, test: 12 };
const BYTES = 800;

const { base } = settings(false);
const TINY: ArmConfig = {
  ...base,
  model: { ...base.model, width: 16, blocks: 2, context: 32 },
  base: { ...base.base, steps: 40, batch: 2, warmupSteps: 2, cutFrom: 80 },
  inner: { ...base.inner, learningRate: 1e-2, steps: 4, batch: 2, warmupSteps: 2 },
  totalSteps: 40,
  levels: [
    { experts: 2, blocks: 1 },
    { experts: 2, blocks: 1 },
  ],
};

/** Between them all that an arm may have. */
const ARMS: readonly ArmConfig[] = [
  { ...TINY, embedding: 'level', early: true, outer: { ...TINY.outer, average: 'sqrt' } },
  {
    ...TINY,
    outer: { ...TINY.outer, average: 'radial' },
    // So high that paths get worse and are stopped.
    inner: { ...TINY.inner, learningRate: 0.1 },
    totalSteps: 64,
    patience: 1,
    routing: { ...TINY.routing, kind: 'product', overlap: 2, features: 'histogram' },
  },
  {
    ...TINY,
    exchange: 'gradients',
    inner: { ...TINY.inner, steps: 1 },
    totalSteps: 5,
    routing: { ...TINY.routing, kind: 'kmeans' },
  },
];

/** The beginnings of some documents of each split. */
function tinyCorpus(): Blocks {
  const corpus = byteCorpus();
  const some = (split: keyof Blocks) => {
    const documents = corpus[split].filter(({ ids }) => ids.length >= BYTES);
    const every = Math.floor(documents.length / DOCUMENTS[split]);
    return documents
      .filter((_, index) => index % every === 0)
      .map(({ domain, ids }) => ({ domain, ids: ids.subarray(0, BYTES) }));
  };
  return { train: some('train'), router: some('router'), test: some('test') };
}

/** Three tiny mixtures from base to evaluation, the first one re-sharded on the way. */
export async function probeResults(): Promise<Result[]> {
  const corpus = tinyCorpus();
  const ports: RunPorts = { openExecutor: openStudyExecutor, cached: (_, __, make) => make(), say: () => {} };
  const results: Result[] = [];
  for (const config of ARMS) results.push(await runArm(config, 1, ports, corpus));
  return results;
}

/** The laboratory's probe, and all figures of the tiny mixtures: a hash that changes with any bit of it. */
export const dipacoProbe = async (): Promise<string> =>
  createHash('sha256')
    .update(await probe())
    .update(JSON.stringify(await probeResults()))
    .digest('hex');
