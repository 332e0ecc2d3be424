import { BaldwinConfig } from '@pathfold/works/baldwin/task';
import type { Study } from '../study.ts';
import { probes } from './probes.ts';
import { claimsOf, report } from './report.ts';
import { runArm } from './run.ts';
import { settings } from './settings.ts';

export const baldwin: Study = {
  about: 'Meta-learning by the Baldwin effect (arXiv 1806.07917): evolution of learners',
  sources: ['baldwin/run.ts'],

  probes: ({ config }) => probes(BaldwinConfig.parse(config)),

  design(quick) {
    const arms = settings(quick);
    const config = {
      population: 128,
      tasks: 16,
      testTasks: 200,
      generations: Object.fromEntries(
        Object.entries(arms).map(([name, arm]) => [name, arm.config.arms[0]!.generations]),
      ),
    };
    const claims = claimsOf(arms.mask.config);
    return { config, arms: arms as never, claims, report: (results) => report(results, arms) };
  },

  run: (arm, seed, { say }) => runArm(BaldwinConfig.parse(arm.config), seed, say),
};
