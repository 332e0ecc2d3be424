import type { Json } from '@pathfold/coordination/work-plan';
import { OPTIMIZERS } from '../optimizers.ts';
import type { Study } from '../study.ts';
import { CLAIMS } from './claims.ts';
import { asyncProbe } from './probe.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type AsyncConfig, settings } from './settings.ts';
import { runToy } from './toy/run.ts';
import type { ToyConfig } from './toy/settings.ts';

export const async: Study = {
  about: 'Asynchronous Local-SGD (arXiv 2401.09135): its ten statements',
  sources: [
    ...OPTIMIZERS,
    'nets/llama.ts',
    'training/round.ts',
    'compression/f32.ts',
    'studies/diloco/start.ts',
    'studies/async/run.ts',
    'studies/async/churn.ts',
    'studies/async/toy/loop.ts',
    'studies/async/toy/net.ts',
    'studies/async/toy/problem.ts',
    'studies/async/toy/run.ts',
  ],
  probe: asyncProbe,
  design(quick) {
    const { base, arms } = settings(quick);
    return { config: base as unknown as Json, arms, claims: CLAIMS, report: (results) => report(results, arms) };
  },
  run(arm, seed, ports) {
    const config = arm.config as unknown as AsyncConfig | ToyConfig;
    return 'toy' in config ? runToy(config, seed, ports) : runArm(config, seed, ports);
  },
};
