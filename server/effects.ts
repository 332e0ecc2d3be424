import { hasRoom, leastNeeded } from '@pathfold/coordination/coordinator/room';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import type { Counted } from '@pathfold/coordination/work-plan';
import { ERRORS, type ErrorCode } from '@pathfold/protocol/errors';
import { type ComputingDeps, createComputing } from './computing.ts';
import { megabytes } from './megabytes.ts';
import type { Signer } from './security/secrets.ts';
import type { Connections } from './sockets/connections.ts';
import type { Unfolded } from './store/lists.ts';
import { UNDONE } from './store/projections/runs.ts';
import { leaseToken } from './uploads/lease-token.ts';

export interface EffectDeps extends Omit<ComputingDeps, 'onFolded'> {
  readonly connections: Connections;
  readonly signer: Signer;
  /** Told after the effects of each event: pages and caches. */
  readonly onEvent: (event: CoordinatorEvent) => void;
}

/** Accepted work that no fold ever takes would stay otherwise. */
export const MOST_HOLDERS = 100_000;

/** Tells how much a contribution counted. Scores and results of studies make no new version. */
function foldedInWords(isInModel: boolean, counted: Counted | undefined): string {
  if (!isInModel) return 'The run has taken its results in.';
  const sentence = 'The contribution is part of a new version of the model.';
  if (!counted) return sentence;
  const { staleness, share, of } = counted;
  const age =
    staleness === 0 ? '' : ` The model had moved on by ${staleness} version${staleness === 1 ? '' : 's'} since.`;
  const part = Number((100 * share).toPrecision(2));
  return `${sentence}${age} It counts for ${part} % of one step${of === undefined ? '' : ` of the module ${of}`}.`;
}

/** Carries out what events ask for, once they are in the log: messages to volunteers, checks, folds. */
export function createEffects(deps: EffectDeps) {
  const { host, kinds, connections, signer, metrics, onEvent } = deps;
  /** Holder and run of a lease, until nothing more is to be said about it. */
  const holders = new Map<string, { readonly volunteer: string; readonly run: string }>();

  function remember(lease: string, volunteer: string, run: string): void {
    holders.set(lease, { volunteer, run });
    if (holders.size > MOST_HOLDERS) holders.delete(holders.keys().next().value!);
  }

  type Settled = 'received' | 'checked' | 'folded' | 'rejected';
  function settle(lease: string, state: Settled, detail: string, code: ErrorCode | null = null): void {
    const volunteer = holders.get(lease)?.volunteer;
    if (volunteer === undefined) return;
    const credit = host().state.volunteers[volunteer]?.credit ?? 0;
    connections.send(volunteer, { type: 'settled', lease, state, code, detail, credit });
    if (state === 'rejected' || state === 'folded') holders.delete(lease);
  }

  /** Accepted work is rejected after all. */
  function refute(volunteer: string, lease: string): void {
    const credit = host().state.volunteers[volunteer]?.credit ?? 0;
    const detail = ERRORS.refuted.what;
    connections.send(volunteer, { type: 'settled', lease, state: 'rejected', code: 'refuted', detail, credit });
    holders.delete(lease);
  }

  /** Accepted work that was not folded yet never will be. */
  function rollBack(run: string): void {
    const unfolded = [...holders].filter(([, held]) => held.run === run);
    for (const [lease] of unfolded) {
      settle(lease, 'checked', UNDONE, 'rolled_back');
      holders.delete(lease);
    }
  }

  const computing = createComputing({
    ...deps,
    onFolded: (lease, isInModel, counted) => settle(lease, 'folded', foldedInWords(isInModel, counted)),
  });

  function grant({ lease, run, kind, volunteer, task }: CoordinatorEventOf<'LeaseGranted'>): void {
    remember(lease, volunteer, run);
    const { body, durationMs, maxPayloadBytes } = task;
    const token = leaseToken(signer, lease);
    connections.send(volunteer, { type: 'lease', lease, run, kind, body, token, durationMs, maxPayloadBytes });
  }

  function end({ lease, code, detail }: CoordinatorEventOf<'LeaseEnded'>, decided: boolean): void {
    const volunteer = holders.get(lease)?.volunteer;
    holders.delete(lease);
    if (decided && volunteer !== undefined) connections.send(volunteer, { type: 'revoke', lease, code, detail });
  }

  function tellIdle(volunteer: string): void {
    const { volunteers, runs } = host().state;
    const record = volunteers[volunteer];
    if (!record?.wantsWork) return;
    const idle = (code: ErrorCode, detail: string) => connections.send(volunteer, { type: 'idle', code, detail });
    const states = Object.values(runs).map((run) => run.state);
    if (!states.includes('training') && states.includes('paused'))
      return void idle('run_paused', 'The run is paused; work comes when it goes on.');
    const least = leastNeeded(host().state, kinds);
    if (hasRoom(record, least)) idle('no_work', 'Work comes by itself when there is some.');
    else
      idle(
        'does_not_fit',
        `The smallest takes ${megabytes(least)}, this device lends ${megabytes(record.memoryBytes)}.`,
      );
  }

  function perform(event: CoordinatorEvent, decided: boolean): void {
    metrics.events.inc({ type: event.type });
    switch (event.type) {
      case 'VolunteerReady':
        tellIdle(event.volunteer);
        break;
      case 'VolunteerBanned':
        connections.fail(event.volunteer, 'banned');
        break;
      case 'LeaseGranted':
        grant(event);
        break;
      case 'LeaseEnded':
        end(event, decided);
        break;
      case 'ContributionReceived':
        metrics.uploadBytes.inc(event.bytes);
        metrics.blobSent('peer', event.report.downloadedBytes.peers);
        settle(event.lease, 'received', 'The contribution arrived and is being checked.');
        computing.check(event.lease);
        break;
      case 'ContributionRejected':
        settle(event.lease, 'rejected', event.detail, event.code);
        break;
      case 'ContributionAccepted':
        settle(event.lease, 'checked', 'The contribution was accepted.');
        break;
      case 'CreditWithdrawn':
        if (event.lease !== undefined) refute(event.volunteer, event.lease);
        break;
      case 'FoldBegun':
        computing.fold(event.run, event.kind, event.fold);
        break;
      case 'RunRolledBack':
        rollBack(event.run);
        break;
      case 'RunStateChanged':
        if (event.state !== 'paused') computing.resumeFolds(event.run);
        break;
      case 'WorkRequested':
        if (host().state.runs[event.run]?.state === 'finished') computing.resumeFolds(event.run);
        break;
    }
    onEvent(event);
  }

  return {
    perform,
    folding: computing.folding,
    failureOf: computing.failureOf,
    stop: computing.stop,
    /** Begins again what a restart broke off. `unfolded`: whom to tell of work that was accepted before. */
    resume(unfolded: readonly Unfolded[]): void {
      for (const { lease, volunteer, run } of unfolded) remember(lease, volunteer, run);
      const { leases, runs } = host().state;
      for (const lease of Object.values(leases)) {
        remember(lease.id, lease.volunteer, lease.run);
        computing.check(lease.id);
      }
      for (const run of Object.keys(runs)) computing.resumeFolds(run);
    },
  };
}
