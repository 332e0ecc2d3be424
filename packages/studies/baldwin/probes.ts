import { BaldwinConfig } from '@pathfold/works/baldwin/task';
import type { Probe, Probes } from '../probes.ts';
import { runArm } from './run.ts';

/** Two generations of a few genomes by the arm's own rules. */
export function probes(config: BaldwinConfig): Probes {
  const arms = config.arms.map((arm) => ({ ...arm, generations: Math.min(2, arm.generations) }));
  const small = BaldwinConfig.parse({
    ...config,
    arms,
    population: 10,
    litter: 5,
    tasks: 2,
    testTasks: 3,
    curveEvery: 1,
  });
  return {
    shared: [],
    own: [{ of: { baldwin: small } as unknown as Probe['of'], run: () => runArm(small, 1, () => {}) }],
  };
}
