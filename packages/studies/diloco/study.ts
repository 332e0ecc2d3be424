import type { Json } from '@pathfold/coordination/work-plan';
import { OPTIMIZERS } from '../optimizers.ts';
import type { Study } from '../study.ts';
import { claimsOf } from './claims.ts';
import { dilocoProbe } from './probe.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

export const diloco: Study = {
  about: 'DiLoCo (arXiv 2311.08105): its twelve statements',
  sources: [
    ...OPTIMIZERS,
    'nets/llama.ts',
    'training/round.ts',
    'compression/f32.ts',
    'studies/diloco/run.ts',
    'studies/diloco/start.ts',
    'studies/diloco/roster.ts',
    'studies/diloco/habits.ts',
    'studies/diloco/shards.ts',
    'studies/diloco/cosines.ts',
  ],
  probe: dilocoProbe,
  design(quick) {
    const { base, arms } = settings(quick);
    const claims = claimsOf(Object.keys(arms));
    return { config: base as unknown as Json, arms, claims, report: (results) => report(results, arms) };
  },
  run: (arm, seed, ports) => runArm(arm.config as unknown as ArmConfig, seed, ports),
};
