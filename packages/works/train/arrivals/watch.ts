import { isIdle } from '@pathfold/coordination/coordinator/memory';
import { hasRoom } from '@pathfold/coordination/coordinator/room';
import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import { trainingBytesOf } from '../../footprint.ts';
import { isAsync, isComplete, type TrainState } from '../state.ts';
import type { TrainFoldInput, TrainTask } from '../task.ts';
import { mostVersions } from './arrivals.ts';

interface SeenLease {
  readonly run: string;
  readonly path: string;
  readonly base: Record<string, number>;
  readonly mostSteps: number;
  readonly expectedMs: number;
  /** Later where time stood still since. */
  grantedAt: number;
  steps: number;
  /** It came in well after it was due. */
  isLate: boolean;
  /** When it was accepted; null before. */
  acceptedAt: number | null;
  readonly folded: Set<string>;
}

/** Checks, folds and grants may take so long beside the grace period. */
const SLACK_MS = 90_000;
const SECOND_MS = 1000;
/** No path may stand still for longer, per path, when all is steady. */
const PATIENCE_LEASES = 5;
const PATIENCE_MS = 600_000;

/**
 * The invariants of modules that step at arrivals: nobody waits for another, neither to be folded nor for work; staleness
 * is bounded, and recorded as it is; weights are those of the steps that a lease allows; and no fold counts for more
 * than one outer step.
 */
export class AsyncWatch {
  readonly #leases = new Map<string, SeenLease>();
  /** Since when a volunteer waits though a path is open to it, and how many leases it had got by then. */
  readonly #waiting = new Map<string, { readonly since: number; readonly grants: number }>();
  /** When a path was last part of a fold, or had no work to do, by run and path. */
  readonly #foldedAt = new Map<string, number>();

  see(event: CoordinatorEvent, state: CoordinatorState): string | null {
    switch (event.type) {
      case 'LeaseGranted':
        if (event.kind === 'train') this.#seeGranted(event);
        return null;
      case 'ContributionReceived':
        this.#seeReceived(event);
        return null;
      case 'ContributionAccepted':
        return this.#seeAccepted(event, state);
      case 'LeaseEnded':
      case 'ContributionRejected':
        if (!state.leases[event.lease] && this.#leases.get(event.lease)?.acceptedAt === null)
          this.#leases.delete(event.lease);
        return null;
      case 'FoldBegun':
        return event.kind === 'train' ? this.#judge(event, state.runs[event.run]!) : null;
      case 'RunRolledBack':
        for (const [id, { run }] of this.#leases) if (run === event.run) this.#leases.delete(id);
        return null;
      case 'RunStateChanged':
      case 'CoordinatorStarted':
      case 'RunModeChanged':
        if (event.type === 'RunModeChanged') this.#forgetLeftOut(event.run, state);
        this.#waiting.clear();
        for (const lease of this.#leases.values())
          if (lease.acceptedAt !== null) lease.acceptedAt = event.at;
          else lease.grantedAt = event.at;
        return null;
      default:
        return null;
    }
  }

  look(run: RunRecord, now: number, steadyMs: number, state: CoordinatorState): string | null {
    return (
      this.#lookForForgotten(run, now, steadyMs) ??
      this.#lookForUnfolded(run, now, steadyMs) ??
      this.#lookForWaiting(run, now, steadyMs, state)
    );
  }

  /** Where rounds have moved on without an accepted contribution, nothing owes it a fold. */
  #forgetLeftOut(id: string, { runs }: CoordinatorState): void {
    const record = runs[id];
    for (const [lease, { run, path, base, folded, acceptedAt }] of this.#leases) {
      if (!record || run !== id || acceptedAt === null) continue;
      const { contributions } = (record.works['train'] as TrainState).paths[path]!;
      const { owed = [] } = contributions.find((one) => one.lease === lease) ?? {};
      for (const [name, version] of Object.entries(base))
        if (version < record.facts.modules[name]!.version && !owed.includes(name)) folded.add(name);
    }
  }

  #seeReceived({ lease: id, report, at }: CoordinatorEventOf<'ContributionReceived'>): void {
    const lease = this.#leases.get(id);
    if (!lease || lease.acceptedAt !== null || lease.steps > 0) return;
    lease.steps = report.steps;
    lease.isLate = at - lease.grantedAt > 2 * lease.expectedMs + SECOND_MS;
  }

  #seeGranted({ lease, run, task, at }: CoordinatorEventOf<'LeaseGranted'>): void {
    const { path, modules, steps } = task.body as unknown as TrainTask;
    const base = Object.fromEntries(modules.map(({ name, version }) => [name, version]));
    const { expectedMs } = task;
    this.#leases.set(lease, {
      ...{ run, path, base, mostSteps: steps, expectedMs, grantedAt: at, steps: 0, isLate: false, acceptedAt: null },
      folded: new Set(),
    });
  }

  #seeAccepted({ lease: id, at }: CoordinatorEventOf<'ContributionAccepted'>, state: CoordinatorState): string | null {
    const lease = this.#leases.get(id);
    const run = lease && state.runs[lease.run];
    if (!run) return null;
    lease.acceptedAt = at;
    const { spec, modules } = run.facts;
    if (spec.mode !== 'async') return null;
    const train = run.works['train'] as TrainState;
    // Its own volunteer may be one less at work by now.
    const most = (name: string) => mostVersions(train, run.facts, name, at) + spec.async.mostStaleness;
    const stale =
      lease.isLate &&
      Object.entries(lease.base).find(([name, version]) => modules[name]!.version - version > most(name));
    if (stale) return `${id} is accepted though ${stale[0]} is more than ${most(stale[0])} versions on`;
    return lease.steps >= 1 && lease.steps <= lease.mostSteps
      ? null
      : `${id} is accepted with ${lease.steps} of ${lease.mostSteps} steps`;
  }

  #judge({ fold, at, run }: CoordinatorEventOf<'FoldBegun'>, { facts, works }: RunRecord): string | null {
    const { module, contributions, share } = fold.input as unknown as TrainFoldInput;
    const { mode, async } = facts.spec;
    for (const { lease } of contributions) this.#noteFolded(lease, module.name, `${run}/`, at);
    const train = works['train'] as TrainState;
    if (!isAsync(mode, train.modules[module.name]!)) return null;
    if (!(share > 0 && share <= 1)) return `${fold.key} counts for ${share} of an outer step`;
    if (contributions.length > (async.buffer ?? contributions.length)) return `${fold.key} takes more than its buffer`;
    const order = contributions.map(({ lease }) => `${this.#leases.get(lease)!.path} ${lease}`);
    if (order.join() !== order.toSorted((a, b) => (a < b ? -1 : 1)).join()) return `${fold.key} is out of order`;
    for (const { lease: id, weight, scale, staleness } of contributions) {
      const lease = this.#leases.get(id)!;
      const age = module.version - lease.base[module.name]!;
      if (staleness !== age) return `${fold.key} takes ${id} as ${staleness} versions old where it is ${age}`;
      const { believed = lease.steps } = train.paths[lease.path]!.contributions.find((one) => one.lease === id)!;
      if (!(believed > 0 && believed <= lease.steps && weight === facts.paths[lease.path]!.shardTokens * believed))
        return `${fold.key} weighs ${id} wrongly`;
      if (!(scale > 0 && scale <= (1 + age) ** -async.stalenessPower)) return `${fold.key} scales ${id} by ${scale}`;
    }
    return null;
  }

  #noteFolded(id: string, module: string, run: string, at: number): void {
    const lease = this.#leases.get(id)!;
    lease.folded.add(module);
    this.#foldedAt.set(run + lease.path, at);
  }

  #lookForForgotten({ facts, works }: RunRecord, now: number, steadyMs: number): string | null {
    if (facts.spec.mode !== 'async') return null;
    const { paths } = works['train'] as TrainState;
    const patienceMs = (PATIENCE_LEASES * facts.spec.roundDeadlineMs + PATIENCE_MS) * Object.keys(paths).length;
    for (const [id, path] of Object.entries(paths)) {
      const key = `${facts.id}/${id}`;
      if (isComplete(facts, id, path) || !this.#foldedAt.has(key)) this.#foldedAt.set(key, now);
      const forgottenMs = now - this.#foldedAt.get(key)!;
      if (Math.min(steadyMs, forgottenMs) > patienceMs)
        return `nothing of path ${id} of ${facts.id} was folded for ${forgottenMs} ms`;
    }
    return null;
  }

  /** With a quorum of one an accepted contribution is folded into each of its modules when the grace period ends. */
  #lookForUnfolded({ facts }: RunRecord, now: number, steadyMs: number): string | null {
    const { mode, async } = facts.spec;
    const patienceMs = async.grace * facts.spec.roundDeadlineMs + SLACK_MS;
    for (const [id, lease] of this.#leases) {
      const isFolded = Object.keys(lease.base).every((name) => lease.folded.has(name));
      if (isFolded) this.#leases.delete(id);
      if (isFolded || lease.run !== facts.id || lease.acceptedAt === null) continue;
      if (mode !== 'async' || async.quorum > 1) continue;
      if (Math.min(now - lease.acceptedAt, steadyMs) > patienceMs)
        return `${id} was accepted ${now - lease.acceptedAt} ms ago and is not folded yet`;
    }
    return null;
  }

  #lookForWaiting(run: RunRecord, now: number, steadyMs: number, state: CoordinatorState): string | null {
    const { facts, works } = run;
    if (facts.spec.mode !== 'async') return null;
    const { paths, modules } = works['train'] as TrainState;
    // Where more has arrived than a fold takes, folds are waited for, not others.
    const { buffer } = facts.spec.async;
    const isJammed = buffer !== null && Object.values(modules).some(({ owed }) => owed > buffer);
    const isOpen =
      !isJammed &&
      Object.entries(paths).some(([id, path]) => facts.paths[id]!.shard !== null && !isComplete(facts, id, path));
    const patienceMs = facts.spec.async.grace * facts.spec.roundDeadlineMs + SLACK_MS;
    const bytes = trainingBytesOf(facts);
    for (const volunteer of Object.values(state.volunteers)) {
      const key = `${facts.id}/${volunteer.id}`;
      const waits = this.#waiting.get(key);
      if (!isOpen || !isIdle(volunteer) || !hasRoom(volunteer, bytes)) this.#waiting.delete(key);
      else if (waits?.grants !== volunteer.grantCount)
        this.#waiting.set(key, { since: now, grants: volunteer.grantCount });
      else if (Math.min(now - waits.since, steadyMs) > patienceMs)
        return `${volunteer.id} waits for others in ${facts.id}`;
    }
    return null;
  }
}
