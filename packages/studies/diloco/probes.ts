import { corpusProbe, type Probe, type Probes, probeCorpus } from '../probes.ts';
import { runArm } from './run.ts';
import type { ArmConfig } from './settings.ts';

/** Rounds of the rules' probe: one for each part of a list of workers. */
const ROUNDS = 4;

const probe = (config: ArmConfig): Probe => ({
  of: { diloco: config } as unknown as Probe['of'],
  run: (ports) => runArm(config, 1, ports, probeCorpus()),
});

/** Two steps of one worker in the arm's own sizes: the net, the sequences a step, the features of its shards. */
function sizes({ shards, ...config }: ArmConfig, batch: number): Probe {
  const inner = { ...config.inner, steps: 1, warmupSteps: 1, learningRate: 1e-3, batch };
  const outer = { ...config.outer, kind: 'averaging', learningRate: 1, momentum: 0 } as const;
  const alone = { workers: [1], losses: { share: 0, from: 'run' }, pruned: 0, scale: 1, moments: 'kept' } as const;
  return probe({ ...config, ...alone, shards, base: inner, inner, totalSteps: 1, outer });
}

/** A few rounds by the arm's own rules, with a tiny net and base. */
function rules(config: ArmConfig): Probe {
  const steps = Math.min(3, config.inner.steps);
  const inner = { ...config.inner, steps, warmupSteps: 2, learningRate: 0.01, batch: 2 };
  const { cutFrom } = config.base;
  return probe({
    ...config,
    model: { ...config.model, width: 16, blocks: 1, context: 32 },
    base: { ...inner, steps: 2, ...(cutFrom !== undefined && { cutFrom: 4 }) },
    inner,
    totalSteps: ROUNDS * steps,
  });
}

/** Between them everything that decides an arm, but for how long and how fast it learns. */
export const probes = (config: ArmConfig): Probes => ({
  shared: [corpusProbe, sizes({ ...config, shards: 'iid' }, config.base.batch)],
  own: [sizes(config, config.inner.batch), rules(config)],
});
