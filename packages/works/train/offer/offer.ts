import type { RunFacts, Task, VolunteerFacts } from '@pathfold/coordination/work-plan';
import { DEADLINE_MARGIN } from '../../deadline.ts';
import { mixed } from '../../queue/audits.ts';
import { isComplete, type PathState, type TrainState, timesStarved } from '../state.ts';
import { type Opening, type Openings, openingsOf } from './openings.ts';
import { pacedSteps } from './pace.ts';
import { type Chance, stepMsOf, taskOf } from './training-task.ts';

/** Latest joiners: those who can still take this part of H, or of what they could take in a whole round. */
const LEAST_PART = 1 / 4;

/** Volunteers fast enough to get a lease of any path, rounded in their favour; null when there is none to give. */
export function openTo(state: TrainState, run: RunFacts, now: number): ((tokensPerSecond: number) => boolean) | null {
  let mostStepMs = 0;
  for (const { fresh, needed, togetherMs, whole } of openingsOf(state, run, now).openings) {
    if (fresh) return () => true;
    const isEarly = needed && togetherMs >= LEAST_PART * wholeRoundMs(run);
    mostStepMs = Math.max(mostStepMs, togetherMs / (isEarly ? 1 : Math.max(1, LEAST_PART * whole)));
  }
  return mostStepMs > 0 ? (tokensPerSecond) => stepMsOf(run, tokensPerSecond) <= 1.001 * mostStepMs : null;
}

/** The part that a lease may fill of a round that has just begun. */
const wholeRoundMs = ({ spec }: RunFacts): number => DEADLINE_MARGIN * spec.roundDeadlineMs;

const tookPart = (state: TrainState, { contributions, leases }: PathState, volunteer: string): boolean =>
  contributions.some((contribution) => contribution.volunteer === volunteer) ||
  leases.some((lease) => state.leases[lease]!.volunteer === volunteer);

/**
 * The steps that a volunteer could take now; null when it should wait for the next round. A slow one may serve a path that
 * nobody has served with few: it could not take more in any round.
 */
function chanceOf(state: TrainState, run: RunFacts, opening: Opening, volunteer: VolunteerFacts): Chance | null {
  const { id, path, fresh, needed, whole, restMs, togetherMs, lateMs } = opening;
  const stepMs = stepMsOf(run, volunteer.tokensPerSecond);
  const timeMs = togetherMs > lateMs && tookPart(state, path, volunteer.id) ? lateMs : togetherMs;
  const possible = Math.min(whole, Math.floor(timeMs / stepMs));
  const steps = fresh ? Math.max(1, possible) : possible;
  const most = needed ? Math.min(whole, wholeRoundMs(run) / stepMs) : whole;
  if (!fresh && steps < Math.max(1, LEAST_PART * most)) return null;
  const because = steps === whole ? 'whole' : fresh ? 'lease' : 'others';
  return { id, steps, expectedMs: steps * stepMs, restMs, reason: { because, whole, timesSlower: 1 } };
}

/** The path that has fallen behind, with as many steps as the volunteer's pace asks for. */
function pacedOffer(
  state: TrainState,
  run: RunFacts,
  volunteer: VolunteerFacts,
  { openings, fastest, going }: Openings,
): Task | null {
  const open = openings.filter(({ paced }) => paced);
  const drawn = drawPath(
    state,
    run,
    volunteer,
    open.map(({ id }) => id),
    going,
  );
  const opening = open.find(({ id }) => id === drawn);
  if (!opening) return null;
  const { steps, stepMs, reason } = pacedSteps(state, run, volunteer, fastest, opening.whole);
  return taskOf(state, run, volunteer, {
    id: opening.id,
    steps,
    expectedMs: steps * stepMs,
    restMs: opening.restMs,
    reason,
  });
}

/**
 * Draws a path with a chance in proportion to how far it has fallen behind its part of all progress (Async Local-SGD
 * section 4.1); the one whose state the volunteer keeps if that has fallen behind at all. Paths have the same number of
 * steps to go, whatever the size of their shards, so that progress is counted in steps.
 */
function drawPath(
  state: TrainState,
  run: RunFacts,
  volunteer: VolunteerFacts,
  open: readonly string[],
  going: Openings['going'],
): string | undefined {
  if (open.length < 2) return open[0];
  const progress = new Map(
    Object.entries(state.paths).map(([id, { steps }]) => [id, steps + going.get(id)! / run.spec.replicas]),
  );
  const total = [...progress.values()].reduce((sum, steps) => sum + steps, 0);
  const deficits = open.map((id) => Math.max(0, 1 / progress.size - (total > 0 ? progress.get(id)! / total : 0)));
  const own = open.indexOf(volunteer.path ?? '');
  if (own >= 0 && deficits[own]! > 0) return open[own];
  const all = deficits.reduce((sum, deficit) => sum + deficit, 0);
  if (all === 0) return open.toSorted((a, b) => progress.get(a)! - progress.get(b)!)[0];
  const grants = Object.values(state.paths).reduce((sum, path) => sum + path.grants, 0);
  let rest = (all * mixed(0, `${run.spec.seed}/${volunteer.id}/${grants}`)) / 2 ** 32;
  for (const [i, deficit] of deficits.entries()) {
    rest -= deficit;
    if (rest < 0) return open[i];
  }
  return open.at(-1);
}

/**
 * The best lease for a volunteer: paths that need a contribution first, then those with the fewest replicas, then
 * those that were left out last or nobody has served for the longest, then a path whose freshest state is the
 * volunteer's, then one that is nobody's. Where its own path is only being folded it leaves others' to them.
 */
export function bestOffer(state: TrainState, run: RunFacts, volunteer: VolunteerFacts, now: number): Task | null {
  const all = openingsOf(state, run, now);
  if (all.merging.has(volunteer.id)) return null;
  const waits = awaitsFold(state, run, volunteer);
  let best: { rank: number[]; chance: Chance } | null = null;
  for (const opening of all.openings) {
    if (opening.paced) continue;
    const { path, needed, least } = opening;
    const strange = strangeness(path, run, volunteer);
    const hunger = Math.max(path.stale ? 1 : 0, timesStarved(run, path, all.lastServedAt));
    if (waits && strange > 0 && path.homes && hunger === 0) continue;
    const rank = [needed ? 0 : 1, least, -hunger, strange, path.rounds];
    if (best && !isBefore(rank, best.rank)) continue;
    const chance = chanceOf(state, run, opening, volunteer);
    if (chance) best = { rank, chance };
  }
  return best ? taskOf(state, run, volunteer, best.chance) : pacedOffer(state, run, volunteer, all);
}

/** Whether the path that the volunteer worked on last, and whose state it keeps, opens as soon as a fold has ended. */
function awaitsFold(state: TrainState, run: RunFacts, { id, path: own }: VolunteerFacts): boolean {
  const path = own === null ? undefined : state.paths[own];
  if (!path?.homes?.includes(id) || isComplete(run, own!, path)) return false;
  return run.paths[own!]!.modules.some((name) => state.modules[name]!.folding !== null);
}

/** 0: the volunteer keeps its state; 1: it has a home to give; 2: it has others'. */
function strangeness({ homes = [] }: PathState, { spec }: RunFacts, { id }: VolunteerFacts): number {
  if (homes.includes(id)) return 0;
  return homes.length < spec.replicas ? 1 : 2;
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i >= 0 && a[i]! < b[i]!;
}
