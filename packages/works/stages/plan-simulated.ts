import type { SimulatedKind } from '@pathfold/coordination/simulator/kind';
import { blobOf } from '@pathfold/coordination/simulator/run-facts';
import type { Json } from '@pathfold/coordination/work-plan';

/** A study as the simulator takes it: figures are made up, an audit finds out who invented them, and what is combined is a blob. */
export const simulatedStudy = (
  plan: unknown,
  name: string,
  config: object,
  figures: NonNullable<SimulatedKind['figures']>,
): SimulatedKind => ({
  plan: plan as SimulatedKind['plan'],
  study: { name, config: config as Json },
  watch: () => ({ see: () => null, look: () => null }),
  fold({ key, input }, lied) {
    const isAudit = 'body' in (input as object);
    return { modules: [], figures: null, result: (isAudit ? { honest: !lied(key) } : blobOf(key)) as unknown as Json };
  },
  figures,
});
