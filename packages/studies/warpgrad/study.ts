import type { Study } from '../study.ts';
import { CLAIMS, report } from './report.ts';
import { runArm } from './run.ts';
import { settings, type WarpConfig } from './settings.ts';

export const warpgrad: Study = {
  about: 'Meta-learning with warped gradient descent (arXiv 1909.00025): sinusoids, computed on this machine',
  sources: ['warpgrad/learner.ts', 'warpgrad/run.ts'],

  /** The arm itself in two meta-steps. */
  probes({ config }) {
    const short = { ...(config as WarpConfig), metaSteps: 2 };
    return { shared: [], own: [{ of: { config: short }, run: (ports) => runArm(short, 1, ports) }] };
  },

  design(quick) {
    const arms = settings(quick);
    return {
      config: { metaSteps: arms.reptile.config.metaSteps },
      arms,
      claims: CLAIMS,
      report: (results) => report(results, arms),
    };
  },

  run: (arm, seed, ports) => runArm(arm.config as WarpConfig, seed, ports),
};
