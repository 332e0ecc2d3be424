import type { Json } from '@pathfold/coordination/work-plan';
import type { Study } from '../study.ts';
import { claimsOf } from './claims.ts';
import { probes } from './probes.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

export const diloco: Study = {
  about: 'DiLoCo (arXiv 2311.08105): its twelve statements',
  sources: [
    'diloco/run.ts',
    'diloco/start.ts',
    'diloco/roster.ts',
    'diloco/ablations.ts',
    'diloco/shards.ts',
    'diloco/cosines.ts',
  ],
  probes: ({ config }) => probes(config as unknown as ArmConfig),
  design(quick) {
    const { base, arms } = settings(quick);
    const claims = claimsOf(Object.keys(arms));
    return { config: base as unknown as Json, arms, claims, report: (results) => report(results, arms) };
  },
  run: (arm, seed, ports) => runArm(arm.config as unknown as ArmConfig, seed, ports),
};
