import { corpusProbe, type Probe, type Probes, probeCorpus } from '../probes.ts';
import { runArm } from './run.ts';
import type { ArmConfig } from './settings.ts';

const ROUNDS = 4;

const probe = (config: ArmConfig): Probe => ({
  of: { dipaco: config } as unknown as Probe['of'],
  run: (ports) => runArm(config, 1, ports, probeCorpus()),
});

/** A step of one dense path in the arm's own sizes: the net, the sequences a step, and what is exchanged. */
function sizes({ model, exchange, ...config }: ArmConfig, batch: number): Probe {
  const inner = { ...config.inner, steps: 1, warmupSteps: 1, learningRate: 1e-3, batch };
  return probe({
    ...{ model, exchange, base: inner, inner, totalSteps: 1, replicas: 1, early: false, patience: null },
    ...{ corpus: { ...config.corpus, every: 1 }, testEvery: 1, embedding: 'shared' },
    levels: [{ experts: 1, blocks: model.blocks }],
    outer: { kind: 'averaging', learningRate: 1, momentum: 0, average: 'mean' },
    routing: { kind: 'random', overlap: 1, rounds: 1, features: 'hidden', evenness: 0 },
  });
}

/** A few rounds by the arm's own rules, with tiny nets and base. Where paths stop early they learn so fast that they get worse. */
function rules(config: ArmConfig): Probe {
  const stopping = config.patience !== null;
  const steps = Math.min(3, config.inner.steps);
  const inner = { ...config.inner, steps, warmupSteps: 2, learningRate: stopping ? 0.1 : 0.03, batch: 2 };
  const { cutFrom } = config.base;
  // Four paths: that every one of them is the best for somebody takes few documents and steps.
  const most = config.levels.length === 1 ? 4 : 2;
  const levels = config.levels.map(({ experts, blocks }) => ({
    experts: experts === 'path' ? experts : Math.min(most, experts),
    blocks,
  }));
  return probe({
    ...config,
    model: { ...config.model, width: 16, context: 32 },
    corpus: { ...config.corpus, every: 1 },
    testEvery: 1,
    base: { ...inner, learningRate: 0.01, steps: 40, ...(cutFrom !== undefined && { cutFrom: 80 }) },
    inner,
    levels,
    replicas: Math.min(8, config.replicas),
    totalSteps: (stopping ? 2 * ROUNDS : ROUNDS) * steps,
  });
}

/** Between them everything that decides an arm, but for how long and how fast it learns and how much text it has. */
export const probes = (config: ArmConfig): Probes => ({
  shared: [corpusProbe, sizes({ ...config, exchange: 'deltas' }, config.base.batch)],
  own: [sizes(config, config.inner.batch), rules(config)],
});
