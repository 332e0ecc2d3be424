import { foldId } from '@pathfold/coordination/coordinator/state';
import type { Counted, Fold, WorkPlan } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyBaseLogger } from 'fastify';
import type { Executors } from './executors/executors.ts';
import type { Host } from './host.ts';
import type { Metrics } from './metrics.ts';

export interface ComputingDeps {
  readonly host: () => Host;
  readonly kinds: readonly WorkPlan<unknown>[];
  readonly executors: Executors;
  readonly metrics: Metrics;
  readonly log: FastifyBaseLogger;
  /** The fold of a contribution has ended; `isInModel`: it made a new version of a module. Told once for each such fold. */
  readonly onFolded: (lease: string, isInModel: boolean, counted: Counted | undefined) => void;
  /** A fold of a finished run failed: `failureOf` says why. */
  readonly onFailed: (run: string) => void;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;

/** The sentence that people read about an error of the machine; the log holds the error. */
const MACHINE_FAILED = 'the coordinator could not compute it; its log holds the cause';

const RETRY = 'Resume the run to try again.';
const RETRY_FINISHED = 'The next start of the coordinator tries again, and so does scoring the run.';

const nameOf = (run: string, kind: string, key: string) => `${run}/${foldId(kind, key)}`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Tries again when the machine fails (disk full, thread lost), not when the work itself is refused. */
async function withRetries<T>(
  work: () => Promise<T>,
  isStopped: () => boolean,
  onFailure: (error: unknown) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PathfoldError || attempt === ATTEMPTS || isStopped()) throw error;
      onFailure(error);
      await pause(FIRST_PAUSE_MS * 3 ** (attempt - 1));
    }
  }
}

/** Checks and folds in worker threads. Both may be begun again at any time: they give the same result. */
export function createComputing({ host, kinds, executors, metrics, log, onFolded, onFailed }: ComputingDeps) {
  const folding = new Set<string>();
  /** Why folds of finished runs failed, by name. Each start tries them again, so that no log needs to hold it. */
  const failures = new Map<string, string>();
  let stopped = false;
  const isStopped = () => stopped;

  async function check(lease: string): Promise<void> {
    const record = host().state.leases[lease];
    if (!record?.contribution || record.contribution.figures) return;
    const { sha256, report } = record.contribution;
    const trusted = host().state.volunteers[record.volunteer]?.trusted ?? false;
    // It was rejected meanwhile, when the run was taken back.
    const isOver = () => host().state.leases[lease] === undefined;
    try {
      const work = () => executors.check(record.kind, record.task.body, sha256, report, trusted);
      const figures = await withRetries(work, isStopped, (err) =>
        log.warn({ err, lease }, 'a check failed; trying again'),
      );
      if (!isOver()) host().note({ type: 'ContributionChecked', lease, figures });
    } catch (error) {
      if (stopped) return;
      if (!(error instanceof PathfoldError)) log.error({ err: error, lease }, 'a contribution could not be checked');
      const { code, detail } = error instanceof PathfoldError ? error : new PathfoldError('internal');
      if (!isOver()) host().note({ type: 'ContributionRejected', lease, code, detail });
    }
  }

  function asksAgain(id: string, kind: string, key: string): boolean {
    const run = host().state.runs[id];
    if (!run?.folds[foldId(kind, key)]) return false;
    const plan = kinds.find(({ name }) => name === kind);
    return plan?.orders?.asksAgain?.(run.works[kind], run.facts, key) ?? false;
  }

  async function fold(run: string, kind: string, { key, input, contributions, counted }: Fold): Promise<void> {
    const id = nameOf(run, kind, key);
    if (folding.has(id)) return;
    folding.add(id);
    failures.delete(id);
    const took = metrics.foldSeconds.startTimer();
    // A run that was deleted or taken back does not wait for it any more.
    const isWaitedFor = () => host().state.runs[run]?.folds[foldId(kind, key)] !== undefined;
    try {
      const work = () => executors.fold(kind, input);
      const output = await withRetries(work, isStopped, (err) =>
        log.warn({ err, run, fold: key }, 'a fold failed; trying again'),
      );
      took();
      if (!isWaitedFor()) return;
      await host().record({ type: 'FoldEnded', run, kind, fold: key, output });
      for (const lease of contributions)
        onFolded(
          lease,
          output.modules.length > 0,
          counted?.find((one) => one.lease === lease),
        );
    } catch (error) {
      if (stopped) return;
      log.error({ err: error, run, fold: key }, 'a fold failed');
      if (error instanceof PathfoldError && asksAgain(run, kind, key)) {
        host().note({ type: 'FoldRefused', run, kind, fold: key, detail: error.detail });
        return;
      }
      if (!isWaitedFor()) return;
      const isFinished = host().state.runs[run]?.state === 'finished';
      const detail = error instanceof PathfoldError ? error.detail : MACHINE_FAILED;
      // A refusal comes again; a failure of the machine may not.
      const todo = error instanceof PathfoldError ? '' : ` ${isFinished ? RETRY_FINISHED : RETRY}`;
      const reason = `The fold ${key} failed: ${detail}.${todo}`;
      if (!isFinished) return host().note({ type: 'RunStateChanged', run, state: 'paused', reason });
      failures.set(id, reason);
      onFailed(run);
    } finally {
      folding.delete(id);
    }
  }

  return {
    check: (lease: string) => void check(lease),
    fold: (run: string, kind: string, begun: Fold) => void fold(run, kind, begun),
    /** The coordinator stops: what is being computed is broken off, which is no failure, and begins again with the next start. */
    stop(): void {
      stopped = true;
    },
    /** The folds that are being computed, by name. */
    folding: (): Iterable<string> => folding,
    /** Why a finished run still waits for a fold; null while it waits for none that failed. */
    failureOf(run: string): string | null {
      for (const { kind, fold: begun } of Object.values(host().state.runs[run]?.folds ?? {})) {
        const failure = failures.get(nameOf(run, kind, begun.key));
        if (failure !== undefined) return failure;
      }
      return null;
    },
    /** Begins the folds that a run waits for and that are not being computed. */
    resumeFolds(run: string): void {
      for (const { kind, fold: begun } of Object.values(host().state.runs[run]?.folds ?? {}))
        void fold(run, kind, begun);
    },
  };
}
