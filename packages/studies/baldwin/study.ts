import { createHash } from 'node:crypto';
import { LitterConfig } from '@pathfold/works/litter/task';
import type { Study } from '../study.ts';
import { claimsOf, report } from './report.ts';
import { runArm } from './run.ts';
import { settings } from './settings.ts';

/** Small, and yet with every method. */
const PROBE = ['baldwin', 'lamarck', 'darwin', 'random', 'fomaml'] as const;

export const baldwin: Study = {
  about: 'Meta-learning by the Baldwin effect (arXiv 1806.07917): evolution of learners',
  sources: [
    'works/exact',
    'works/litter/exact-genome.ts',
    'works/litter/exact-life.ts',
    'works/litter/exact-descent.ts',
    'works/litter/exact-sinusoid.ts',
    'works/litter/exact-point-mass.ts',
    'studies/baldwin/run.ts',
  ],

  async probe() {
    const hash = createHash('sha256');
    for (const method of PROBE) {
      const arms = [{ name: method, method, mask: true, generations: 2 }];
      const config = LitterConfig.parse({ arms, population: 10, litter: 5, tasks: 2, testTasks: 3 });
      hash.update(JSON.stringify((await runArm(config, 1, () => {})).figures));
    }
    return hash.digest('hex');
  },

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

  run: (arm, seed, { say }) => runArm(LitterConfig.parse(arm.config), seed, say),
};
