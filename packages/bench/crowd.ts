import { advance } from '@pathfold/coordination/coordinator/advance';
import { createCoordinator } from '@pathfold/coordination/coordinator/mind';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Mode } from '@pathfold/protocol/run-spec';
import { trainPlan } from '@pathfold/works/train/plan';
import type { BenchOptions, BenchResult } from './options.ts';

const AT = 1000;
/** 20 steps of 4 x 32 tokens: a whole lease takes 10 s. */
const TOKENS_PER_SECOND = 256;

/** A run is created while `volunteers` wait: milliseconds until all have a lease, and the longest without a pause. */
function stall(mode: Mode, volunteers: number) {
  const mind = createCoordinator([trainPlan]);
  const state = mind.init();
  const executor = { name: 'bench', adapter: '', tokensPerSecond: TOKENS_PER_SECOND };
  const waiting: CoordinatorEvent[] = Array.from({ length: volunteers }, (_, i) => `v${i}`).flatMap((volunteer) => [
    { at: AT, type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node', origin: volunteer },
    { at: AT, type: 'VolunteerReady', volunteer, executor, memoryBytes: 0 },
  ]);
  advance(mind, state, waiting, AT);
  const run = runFacts('r', [16, 16], { mode, replicas: 64, quorum: 1 });
  let inputs: CoordinatorEvent[] = [{ at: AT, type: 'RunCreated', run, kinds: ['train'] }];
  let [granted, ms, stallMs] = [0, 0, 0];
  do {
    const start = performance.now();
    const events = advance(mind, state, inputs, AT);
    const took = performance.now() - start;
    granted += events.filter(({ type }) => type === 'LeaseGranted').length;
    ms += took;
    stallMs = Math.max(stallMs, took);
    inputs = [];
  } while ((mind.nextWakeAt(state) ?? Number.POSITIVE_INFINITY) <= AT);
  return { granted, ms, stallMs, msAGrant: ms / granted };
}

/** The mind's time when work opens for a crowd, in rounds and at arrivals: one run of 256 paths, no server. */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const results: Record<string, ReturnType<typeof stall>> = {};
  for (const volunteers of quick ? [500] : [1000, 5000])
    for (const mode of ['sync', 'async'] as const) results[`${volunteers} ${mode}`] = stall(mode, volunteers);
  return { results, ratios: {} };
};
