import type { Json } from '@pathfold/coordination/work-plan';
import type { Study } from '../study.ts';
import { CLAIMS } from './claims.ts';
import { probes } from './probes.ts';
import { report } from './report.ts';
import { runArm } from './run.ts';
import { type AsyncConfig, settings } from './settings.ts';
import { runToy } from './toy/run.ts';
import type { ToyConfig } from './toy/settings.ts';

export const async: Study = {
  about: 'Asynchronous Local-SGD (arXiv 2401.09135): its ten statements',
  sources: [
    'diloco/start.ts',
    'async/run.ts',
    'async/churn.ts',
    'async/toy/loop.ts',
    'async/toy/net.ts',
    'async/toy/problem.ts',
    'async/toy/run.ts',
  ],
  probes: ({ config }) => probes(config as unknown as AsyncConfig | ToyConfig),
  design(quick) {
    const { base, arms } = settings(quick);
    return { config: base as unknown as Json, arms, claims: CLAIMS, report: (results) => report(results, arms) };
  },
  run(arm, seed, ports) {
    const config = arm.config as unknown as AsyncConfig | ToyConfig;
    return 'toy' in config ? runToy(config, seed, ports) : runArm(config, seed, ports);
  },
};
