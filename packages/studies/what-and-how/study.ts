import { WhatAndHowConfig } from '@pathfold/works/what-and-how/task';
import type { Study } from '../study.ts';
import { probes } from './probes.ts';
import { CLAIMS, report } from './report.ts';
import { runArm } from './run.ts';
import { settings } from './settings.ts';

export const whatAndHow: Study = {
  about: 'Task-agnostic continual learning by What & How (arXiv 1906.05201): an endless stream of tasks',
  sources: ['what-and-how/run.ts', 'what-and-how/trace.ts'],

  probes: ({ config }) => probes(WhatAndHowConfig.parse(config)),

  design(quick) {
    const arms = settings(quick);
    const { batches, stream } = arms.context.config;
    return {
      config: { batches, stream },
      arms: arms as never,
      claims: CLAIMS,
      report: (results) => report(results, arms),
    };
  },

  run: (arm, seed) => runArm(WhatAndHowConfig.parse(arm.config), seed),
};
