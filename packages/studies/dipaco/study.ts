import type { Json } from '@pathfold/coordination/work-plan';
import { OPTIMIZERS } from '../optimizers.ts';
import type { Study } from '../study.ts';
import { claimsOf } from './claims.ts';
import { dipacoProbe } from './probe.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type ArmConfig, settings } from './settings.ts';

export const dipaco: Study = {
  about: 'DiPaCo (arXiv 2403.10616): its eleven statements',
  sources: [
    ...OPTIMIZERS,
    'nets/llama.ts',
    'training/round.ts',
    'training/features.ts',
    'training/gradient.ts',
    'optim/outer/adamw.ts',
    'compression/f32.ts',
    'routing',
    'works/route/fold.ts',
    'works/evaluate/fold.ts',
    'studies/diloco/start.ts',
    'studies/diloco/shards.ts',
    'studies/dipaco/blocks.ts',
    'studies/dipaco/start.ts',
    'studies/dipaco/run.ts',
    'studies/dipaco/habits.ts',
    'studies/dipaco/watch.ts',
    'studies/dipaco/early.ts',
    'studies/dipaco/evaluation.ts',
    'studies/dipaco/figures.ts',
    'studies/dipaco/glances.ts',
    'studies/dipaco/page-routing.ts',
  ],
  probe: dipacoProbe,
  design(quick) {
    const { base, arms } = settings(quick);
    const claims = claimsOf(Object.keys(arms));
    return { config: base as unknown as Json, arms, claims, report: (results) => report(results, arms) };
  },
  run: (arm, seed, ports) => runArm(arm.config as unknown as ArmConfig, seed, ports),
};
