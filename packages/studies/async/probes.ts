import { AsyncSpec } from '@pathfold/protocol/run-spec';
import { corpusProbe, type Probe, type Probes, probeCorpus } from '../probes.ts';
import { runArm } from './run.ts';
import type { AsyncConfig } from './settings.ts';
import { slowest } from './speeds.ts';
import { toyProbes } from './toy/probes.ts';
import type { ToyConfig } from './toy/settings.ts';

const probe = (config: AsyncConfig): Probe => ({
  of: { async: config } as unknown as Probe['of'],
  run: (ports) => runArm(config, 1, ports, probeCorpus()),
});

/** A step of one worker in the arm's own sizes: the net and the sequences a step. */
function sizes(config: AsyncConfig, batch: number): Probe {
  const inner = { ...config.inner, steps: 1, warmupSteps: 1, learningRate: 1e-3, batch };
  const outer = { kind: 'averaging', learningRate: 1, momentum: 0, average: 'mean' } as const;
  const alone = { mode: 'sync', replicas: 1, speeds: [1], churn: null } as const;
  return probe({ ...config, ...alone, base: inner, inner, totalSteps: 1, outer, async: AsyncSpec.parse({}) });
}

/** A few tasks of each worker by the arm's own rules, with a tiny net and base. */
function rules(config: AsyncConfig): Probe {
  const inner = { ...config.inner, steps: 12, warmupSteps: 2, learningRate: 3e-3, batch: 2 };
  return probe({
    ...config,
    model: { ...config.model, width: 16, blocks: 1, context: 32 },
    base: { ...inner, steps: 2 },
    inner,
    totalSteps: 2 * inner.steps,
    churn: config.churn && { ...config.churn, everySeconds: inner.steps * slowest(config.speeds) },
  });
}

/** Between them everything that decides an arm, but for how long and how fast it learns. */
export const probes = (config: AsyncConfig | ToyConfig): Probes =>
  'toy' in config
    ? toyProbes(config)
    : {
        shared: [corpusProbe, sizes(config, config.base.batch)],
        own: [sizes(config, config.inner.batch), rules(config)],
      };
