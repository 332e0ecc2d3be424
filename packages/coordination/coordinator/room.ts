import { openTo, type RunFacts, type WorkPlan } from '../work-plan.ts';
import type { CoordinatorState, RunRecord, VolunteerRecord } from './state.ts';

/** Needs of a run, by kind: the same until it grows or is routed anew. */
interface Needed extends Pick<RunFacts, 'spec' | 'paths' | 'routing'> {
  readonly bytes: Map<WorkPlan<unknown>, number>;
}
const needed = new WeakMap<RunFacts, Needed>();

/** Bytes of memory that work of a kind takes whoever computes it. Asked for each volunteer, and so looked up. */
export function bytesNeeded(kind: WorkPlan<unknown>, run: RunFacts): number {
  let known = needed.get(run);
  if (known?.spec !== run.spec || known.paths !== run.paths || known.routing !== run.routing) {
    known = { spec: run.spec, paths: run.paths, routing: run.routing, bytes: new Map() };
    needed.set(run, known);
  }
  let bytes = known.bytes.get(kind);
  if (bytes === undefined) {
    bytes = kind.traits?.memoryBytes?.(run) ?? 0;
    known.bytes.set(kind, bytes);
  }
  return bytes;
}

/** Whether a volunteer's memory holds so many bytes. Who does not tell how much it has (0) is taken to have enough. */
export const hasRoom = ({ memoryBytes }: Pick<VolunteerRecord, 'memoryBytes'>, bytes: number): boolean =>
  memoryBytes === 0 || memoryBytes >= bytes;

/** Bytes that the smallest work of all runs in training takes; 0 where none trains. */
export function leastNeeded({ runs }: CoordinatorState, kinds: readonly WorkPlan<unknown>[]): number {
  const needed = Object.values(runs)
    .filter(({ state }) => state === 'training')
    .flatMap((run) => kinds.filter(({ name }) => run.kinds.includes(name)).map((kind) => bytesNeeded(kind, run.facts)));
  return needed.length === 0 ? 0 : Math.min(...needed);
}

/** Work that a run has to give and that nobody who lends has the memory for. */
export interface TooLarge {
  readonly kind: string;
  readonly bytes: number;
  /** The most that one of those who lend has. */
  readonly most: number;
  readonly lending: number;
}

/** The first work of a run that is too large for all who lend now; null when there is none, or when nobody lends. */
export function tooLarge(
  { volunteers }: CoordinatorState,
  { facts, works }: RunRecord,
  kinds: readonly WorkPlan<unknown>[],
  now: number,
): TooLarge | null {
  const lending = Object.values(volunteers).filter(({ banned, lends, lease }) => !banned && (lends || lease !== null));
  if (lending.length === 0) return null;
  for (const kind of kinds) {
    const bytes = bytesNeeded(kind, facts);
    if (lending.some((volunteer) => hasRoom(volunteer, bytes)) || !openTo(kind, works[kind.name], facts, now)) continue;
    const most = Math.max(...lending.map(({ memoryBytes }) => memoryBytes));
    return { kind: kind.name, bytes, most, lending: lending.length };
  }
  return null;
}

/** Volunteers whose memory does not hold so many bytes beside the work in hand. */
export const withoutRoom = (
  { volunteers, leases, runs }: CoordinatorState,
  kinds: readonly WorkPlan<unknown>[],
  bytes: number,
): string[] =>
  Object.values(volunteers)
    .filter((volunteer) => {
      const held = volunteer.lease === null ? undefined : leases[volunteer.lease];
      const kind = kinds.find(({ name }) => name === held?.kind);
      const inHand = held && kind ? bytesNeeded(kind, runs[held.run]!.facts) : 0;
      return !hasRoom(volunteer, bytes + inHand);
    })
    .map(({ id }) => id);
