import type { WorkPlan } from '../work-plan.ts';
import type { Memory } from './memory.ts';
import type { CoordinatorState, RunRecord } from './state.ts';

/** What a decision is made from. */
export interface Desk {
  readonly state: CoordinatorState;
  readonly memory: Memory;
  readonly kinds: ReadonlyMap<string, WorkPlan<unknown>>;
  readonly silenceMs: number;
  readonly now: number;
}

/** Whether a kind of work goes on in a run: the run trains, or somebody asked for just this work. */
export const goesOn = ({ kinds }: Pick<Desk, 'kinds'>, run: RunRecord, kind: string): boolean =>
  run.state === 'training' || (!run.deleted && (kinds.get(kind)?.asked?.(run.works[kind]) ?? false));
