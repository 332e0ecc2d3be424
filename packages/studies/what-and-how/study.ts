import { createHash } from 'node:crypto';
import { StretchConfig } from '@pathfold/works/stretch/task';
import type { Study } from '../study.ts';
import { CLAIMS, report } from './report.ts';
import { runArm } from './run.ts';
import { settings } from './settings.ts';

export const whatAndHow: Study = {
  about: 'Task-agnostic continual learning by What & How (arXiv 1906.05201): an endless stream of tasks',
  sources: [
    'works/exact',
    'works/stretch/exact-learner.ts',
    'works/stretch/exact-stream.ts',
    'works/stretch/exact-work.ts',
    'studies/what-and-how/run.ts',
    'studies/what-and-how/trace.ts',
  ],

  async probe() {
    const hash = createHash('sha256');
    for (const { config } of Object.values(settings(true))) {
      const small = StretchConfig.parse({
        ...config,
        batches: 48,
        stretch: 16,
        averageEvery: 4,
        stream: { tasks: 2, stay: 4 },
      });
      hash.update(JSON.stringify((await runArm(small, 1)).curves));
    }
    return hash.digest('hex');
  },

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

  run: (arm, seed) => runArm(StretchConfig.parse(arm.config), seed),
};
