import type { WorkPlan } from '../work-plan.ts';
import type { Memory } from './memory.ts';
import type { CoordinatorState } from './state.ts';

/** What a decision is made from. */
export interface Desk {
  readonly state: CoordinatorState;
  readonly memory: Memory;
  readonly kinds: ReadonlyMap<string, WorkPlan<unknown>>;
  readonly silenceMs: number;
  readonly now: number;
}
