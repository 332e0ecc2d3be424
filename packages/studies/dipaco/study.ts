import type { Json } from '@pathfold/coordination/work-plan';
import type { Study } from '../study.ts';
import { claimsOf } from './claims.ts';
import { probes } from './probes.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

export const dipaco: Study = {
  about: 'DiPaCo (arXiv 2403.10616): its eleven statements',
  sources: [
    'diloco/start.ts',
    'diloco/shards.ts',
    'dipaco/blocks.ts',
    'dipaco/start.ts',
    'dipaco/run.ts',
    'dipaco/ablations.ts',
    'dipaco/watch.ts',
    'dipaco/early.ts',
    'dipaco/evaluation.ts',
    'dipaco/figures.ts',
    'dipaco/validation-curve.ts',
    'dipaco/page-routing.ts',
  ],
  probes: ({ config }) => probes(config as unknown as ArmConfig),
  design(quick) {
    const { base, arms } = settings(quick);
    const claims = claimsOf(Object.keys(arms));
    return { config: base as unknown as Json, arms, claims, report: (results) => report(results, arms) };
  },
  run: (arm, seed, ports) => runArm(arm.config as unknown as ArmConfig, seed, ports),
};
