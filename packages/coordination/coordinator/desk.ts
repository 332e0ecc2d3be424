import type { Company, WorkPlan } from '../work-plan.ts';
import type { Memory } from './memory.ts';
import { hasRoom } from './room.ts';
import type { CoordinatorState, RunRecord, VolunteerRecord } from './state.ts';

/** The inputs of a decision. */
export interface Desk {
  readonly state: CoordinatorState;
  readonly memory: Memory;
  readonly kinds: ReadonlyMap<string, WorkPlan<unknown>>;
  readonly silenceMs: number;
  readonly now: number;
}

/** Whether a kind of work goes on in a run: the run trains, or somebody asked for just this work. */
export const goesOn = ({ kinds }: Pick<Desk, 'kinds'>, run: RunRecord, kind: string): boolean =>
  run.state === 'training' || (!run.deleted && (kinds.get(kind)?.orders?.asked?.(run.works[kind]) ?? false));

/**
 * Identities are free: two volunteers count as two people only when network and name differ, and both networks are known;
 * or when the operator vouches for one of them.
 */
function areRelated(a: VolunteerRecord | undefined, b: VolunteerRecord | undefined): boolean {
  if (!a || !b || a.id === b.id) return true;
  if (a.trusted || b.trusted) return false;
  return !a.origin || !b.origin || a.origin === b.origin || (a.name !== '' && a.name === b.name);
}

/** The other volunteers for work that takes so many bytes of memory. `lending`: ids of those that lend. */
export function companyOf({ volunteers: all }: CoordinatorState, lending: ReadonlySet<string>, bytes: number): Company {
  const related = (a: string, b: string) => areRelated(all[a], all[b]);
  return {
    related,
    hasOther(volunteers) {
      for (const id of lending)
        if (hasRoom(all[id]!, bytes) && !volunteers.some((known) => related(id, known))) return true;
      return false;
    },
  };
}
