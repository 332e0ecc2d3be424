import { WhatAndHowConfig } from '@pathfold/works/what-and-how/task';
import type { Probe, Probes } from '../probes.ts';
import { runArm } from './run.ts';

/** A short stream by the arm's own rules. */
export function probes(config: WhatAndHowConfig): Probes {
  const stream = { tasks: 2, stay: 4 };
  const small = WhatAndHowConfig.parse({ ...config, batches: 48, stretch: 16, averageEvery: 4, stream });
  return { shared: [], own: [{ of: { stretch: small } as unknown as Probe['of'], run: () => runArm(small, 1) }] };
}
