import type { SimulatedKind } from '@pathfold/coordination/simulator/kind';
import { blobOf } from '@pathfold/coordination/simulator/run-facts';
import type { Json } from '@pathfold/coordination/work-plan';
import { stretchPlan } from './plan.ts';
import { StretchConfig } from './task.ts';

/** Strictly serial, and averaged. */
const SIMULATED_STREAMS = StretchConfig.parse({
  arms: [
    { name: 'context', method: 'context' },
    { name: 'network', method: 'context', streams: 3 },
  ],
  batches: 1_000_000,
  stretch: 10,
  averageEvery: 10,
});

/** Streams as the simulator takes them: losses are made up, and an audit finds out who invented a stretch. */
export const simulatedStretch: SimulatedKind = {
  plan: stretchPlan as SimulatedKind['plan'],
  study: { name: 'what-and-how', config: SIMULATED_STREAMS as unknown as Json },
  watch: () => ({ see: () => null, look: () => null }),
  fold: ({ key, input }, lied) => {
    const isAudit = (input as { what: string }).what === 'audit';
    const result = (isAudit ? { honest: !lied(key) } : blobOf(key)) as unknown as Json;
    return { modules: [], figures: null, result };
  },
  figures: (_, lied) => ({ loss: lied ? 0 : 1 }),
};
