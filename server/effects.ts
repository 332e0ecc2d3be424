import { foldId } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import type { Fold } from '@pathfold/coordination/work-plan';
import { type ErrorCode, PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyBaseLogger } from 'fastify';
import type { Executors } from './executors/executors.ts';
import type { Host } from './host.ts';
import type { Metrics } from './metrics.ts';
import type { Signer } from './security/secrets.ts';
import type { Connections } from './sockets/connections.ts';
import { leaseToken } from './uploads/lease-token.ts';

export interface EffectDeps {
  readonly host: () => Host;
  readonly connections: Connections;
  readonly executors: Executors;
  readonly signer: Signer;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  /** Told after the effects of each event: pages and caches. */
  readonly onEvent: (event: CoordinatorEvent) => void;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** Accepted work that no fold ever takes would stay otherwise. */
const MOST_HOLDERS = 100_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Tries again when the machine fails (disk full, worker lost), not when the work itself is refused. */
async function withRetries<T>(work: () => Promise<T>, onFailure: (error: unknown) => void): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PathfoldError || attempt === ATTEMPTS) throw error;
      onFailure(error);
      await pause(FIRST_PAUSE_MS * 4 ** (attempt - 1));
    }
  }
}

/** Carries out what events ask for, once they are in the log: messages, checks, folds. */
export function createEffects({ host, connections, executors, signer, metrics, log, onEvent }: EffectDeps) {
  /** Folds being computed, by run and fold. */
  const folding = new Map<string, Fold>();
  /** Who holds or held a lease, until nothing more is to be said about it. */
  const holders = new Map<string, string>();

  function remember(lease: string, volunteer: string): void {
    holders.set(lease, volunteer);
    if (holders.size > MOST_HOLDERS) holders.delete(holders.keys().next().value!);
  }

  function settle(
    lease: string,
    state: 'received' | 'checked' | 'folded' | 'rejected',
    detail: string,
    code: ErrorCode | null = null,
  ) {
    const volunteer = holders.get(lease);
    if (volunteer === undefined) return;
    const credit = host().state.volunteers[volunteer]?.credit ?? 0;
    connections.send(volunteer, { type: 'settled', lease, state, code, detail, credit });
  }

  async function check(lease: string): Promise<void> {
    const record = host().state.leases[lease];
    if (!record?.contribution || record.contribution.figures) return;
    const { sha256, report } = record.contribution;
    try {
      const work = () => executors.check(record.kind, record.task.body, sha256, report);
      const figures = await withRetries(work, (err) => log.warn({ err, lease }, 'a check failed; trying again'));
      host().note({ type: 'ContributionChecked', lease, figures });
    } catch (error) {
      if (!(error instanceof PathfoldError)) log.error({ err: error, lease }, 'a contribution could not be checked');
      const { code, detail } = error instanceof PathfoldError ? error : new PathfoldError('internal');
      host().note({ type: 'ContributionRejected', lease, code, detail });
    }
  }

  async function beginFold(run: string, kind: string, fold: Fold): Promise<void> {
    const { key, input } = fold;
    const id = `${run}/${foldId(kind, key)}`;
    if (folding.has(id)) return;
    folding.set(id, fold);
    const took = metrics.foldSeconds.startTimer();
    try {
      const work = () => executors.fold(kind, input);
      const output = await withRetries(work, (err) => log.warn({ err, run, fold: key }, 'a fold failed; trying again'));
      await host().record({ type: 'FoldEnded', run, kind, fold: key, output });
      for (const lease of fold.contributions) {
        settle(lease, 'folded', 'The contribution is part of a new version of the model.');
        holders.delete(lease);
      }
    } catch (error) {
      log.error({ err: error, run, fold: key }, 'a fold failed');
      const detail = error instanceof PathfoldError ? error.detail : (error as Error).message;
      const reason = `The fold ${key} failed: ${detail}. Resume the run to try again.`;
      if (host().state.runs[run]) host().note({ type: 'RunStateChanged', run, state: 'paused', reason });
    } finally {
      took();
      folding.delete(id);
    }
  }

  function resumeFolds(run: string): void {
    for (const { kind, fold } of Object.values(host().state.runs[run]?.folds ?? {})) void beginFold(run, kind, fold);
  }

  function grant({ lease, run, kind, volunteer, task }: CoordinatorEventOf<'LeaseGranted'>): void {
    connections.send(volunteer, {
      type: 'lease',
      lease,
      run,
      kind,
      body: task.body,
      token: leaseToken(signer, lease),
      durationMs: task.durationMs,
      maxPayloadBytes: task.maxPayloadBytes,
    });
  }

  function revoke({ lease, code, detail }: CoordinatorEventOf<'LeaseEnded'>): void {
    const volunteer = holders.get(lease);
    if (volunteer !== undefined) connections.send(volunteer, { type: 'revoke', lease, code, detail });
  }

  function tellIdle(volunteer: string): void {
    const { volunteers, runs } = host().state;
    if (!volunteers[volunteer]?.wantsWork) return;
    const states = Object.values(runs).map((run) => run.state);
    const code = !states.includes('training') && states.includes('paused') ? 'run_paused' : 'no_work';
    const detail =
      code === 'run_paused' ? 'The run is paused; work comes when it goes on.' : 'Work comes when the round needs it.';
    connections.send(volunteer, { type: 'idle', code, detail });
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
        remember(event.lease, event.volunteer);
        grant(event);
        break;
      case 'LeaseEnded':
        if (decided) revoke(event);
        holders.delete(event.lease);
        break;
      case 'ContributionReceived':
        metrics.uploadBytes.inc(event.bytes);
        settle(event.lease, 'received', 'The contribution arrived and is being checked.');
        void check(event.lease);
        break;
      case 'ContributionRejected':
        settle(event.lease, 'rejected', event.detail, event.code);
        holders.delete(event.lease);
        break;
      case 'ContributionAccepted':
        settle(event.lease, 'checked', 'The contribution was accepted.');
        break;
      case 'FoldBegun':
        void beginFold(event.run, event.kind, event.fold);
        break;
      case 'RunStateChanged':
        if (event.state === 'training') resumeFolds(event.run);
        break;
    }
    onEvent(event);
  }

  return {
    perform,
    /** Begins again what a restart broke off: both give the same result however often they are done. */
    resume(): void {
      const { leases, runs } = host().state;
      for (const lease of Object.keys(leases)) {
        remember(lease, leases[lease]!.volunteer);
        void check(lease);
      }
      for (const run of Object.keys(runs)) resumeFolds(run);
    },
  };
}
