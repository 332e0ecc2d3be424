import type { BlobStore } from '@pathfold/blobs/blob-store';
import { codecsOf } from '@pathfold/compression/codecs';
import { canGoBack, checkpointRounds } from '@pathfold/coordination/coordinator/checkpoints';
import type { RunRecord } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { isModelRun } from '@pathfold/coordination/study-run';
import type { Json, WorkPlan } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { arrivalRefusal, type Mode, type RunSpec, unknownArrivals } from '@pathfold/protocol/run-spec';
import type { StudySpec } from '@pathfold/protocol/study-spec';
import type { FastifyBaseLogger } from 'fastify';
import type { Library } from '../corpora/corpora.ts';
import type { Fact, Host } from '../host.ts';
import type { CorpusFiles } from '../preparation/jobs.ts';
import type { Preparation } from '../preparation/preparation.ts';
import { newSecret } from '../security/secrets.ts';
import type { Corpora } from '../store/corpora.ts';
import { createBases } from './bases.ts';
import { checkFit } from './corpus-fit.ts';
import { growthOf } from './growth.ts';
import type { RunEntry, RunRegistry } from './registry.ts';
import { studyEntry, studyFacts } from './studies.ts';

export interface RunsDeps {
  readonly host: Host;
  readonly registry: RunRegistry;
  readonly corpora: Corpora;
  readonly library: Library;
  readonly blobs: BlobStore;
  readonly preparation: Preparation;
  readonly kinds: readonly WorkPlan<unknown>[];
  readonly log: FastifyBaseLogger;
  readonly onChange: (run: string) => void;
}

/** Operators' actions on runs. Each throws a PathfoldError that says why not. */
export function createRuns({ host, registry, corpora, library, blobs, preparation, kinds, log, onChange }: RunsDeps) {
  const recordOf = (id: string) => {
    const entry = registry.get(id);
    if (!entry) throw new PathfoldError('not_found', `There is no run ${id}.`);
    const record = host.state.runs[id];
    if (!record) throw new PathfoldError('wrong_state', 'The run is not prepared.');
    return record;
  };

  /** The kind of work of a run that the operator may ask for this. */
  const kindFor = (record: RunRecord, what: 'scores' | 'growth') =>
    kinds.find(({ name, orders }) => record.kinds.includes(name) && orders?.asks?.includes(what));

  const modelKinds = kinds.filter(({ traits }) => !traits?.studies).map(({ name }) => name);

  const bases = createBases({ host, registry, create: (spec) => create(spec), onChange });

  async function prepare(entry: RunEntry): Promise<void> {
    const { id, spec } = entry;
    const onProgress = (words: string) => {
      registry.note(id, words);
      onChange(id);
    };
    try {
      const corpus = await library.ready(spec.corpus);
      await checkFit(spec, corpus, blobs);
      if (!registry.get(id)) return;
      const base = await bases.trained(entry);
      if (!registry.get(id)) return;
      const files = corpus.files as CorpusFiles;
      const { facts, baselines } = await preparation.run({ type: 'prepare', id, files, spec, base }, onProgress);
      const current = registry.get(id);
      if (!current) return;
      await registry.update({ ...current, baselines, preparation: 'done', reason: null });
      if (!registry.get(id)) return;
      await host.record({ type: 'RunCreated', run: facts, kinds: modelKinds });
    } catch (error) {
      if (preparation.isClosed()) return;
      if (!(error instanceof PathfoldError)) log.error({ err: error, run: id }, 'a run could not be prepared');
      const reason = error instanceof PathfoldError ? `${error.code}: ${error.detail}` : (error as Error).message;
      const current = registry.get(id);
      if (current) await registry.update({ ...current, preparation: 'failed', reason });
      bases.lost(id);
    }
    onChange(id);
  }

  async function create(spec: RunSpec): Promise<RunEntry> {
    const corpus = await corpora.get(spec.corpus);
    if (!corpus) throw new PathfoldError('bad_run_spec', `corpus: there is no corpus ${JSON.stringify(spec.corpus)}`);
    if (corpus.state === 'failed') throw new PathfoldError('bad_run_spec', 'corpus: its preparation failed');
    codecsOf(spec.wire);
    bases.check(spec);
    await checkFit(spec, corpus, blobs);
    const entry: RunEntry = {
      id: newSecret(9),
      spec,
      createdAt: new Date(host.now()).toISOString(),
      corpus: { id: corpus.id, name: corpus.name, licence: corpus.licence },
      baselines: null,
      study: null,
      baseRun: null,
      preparation: 'running',
      reason: 'waiting for its turn',
    };
    await registry.save(entry);
    void prepare(entry);
    return entry;
  }

  /** A study needs no preparation: all that it reads is drawn from seeds. */
  async function begin(entry: RunEntry): Promise<void> {
    const names = kinds.filter(({ traits }) => traits?.studies?.includes(entry.study!.name)).map(({ name }) => name);
    await host.record({ type: 'RunCreated', run: studyFacts(entry), kinds: names });
    onChange(entry.id);
  }

  return {
    /** Begins to prepare a run; it trains by itself when it is ready. */
    create,
    /** Begins a run whose work is a study. */
    async createStudy(spec: StudySpec): Promise<RunEntry> {
      const entry = studyEntry(spec, kinds, host.now());
      await registry.save(entry);
      await begin(entry);
      return entry;
    },
    /** Events of runs: those that wait for their base hear of it, and those that grow are written down. */
    note(event: CoordinatorEvent): void {
      bases.note(event);
      if (event.type !== 'FoldEnded' || !event.output.routing?.growth) return;
      const entry = registry.get(event.run);
      const { levels } = event.output.routing.growth;
      if (entry) void registry.update({ ...entry, spec: { ...entry.spec, levels } });
    },
    /** Goes on with what a restart broke off. */
    async resume(): Promise<void> {
      // Deleted here, and the coordinator ended before the log said so.
      for (const [run, { deleted }] of Object.entries(host.state.runs))
        if (!registry.get(run) && !deleted) await host.record({ type: 'RunDeleted', run });
      for (const entry of registry.list()) {
        const isMade = host.state.runs[entry.id] !== undefined;
        if (!isMade && entry.study) await begin(entry);
        else if (!isMade && entry.preparation !== 'failed') void prepare(entry);
        const levels = host.state.runs[entry.id]?.facts.spec.levels;
        if (levels && JSON.stringify(levels) !== JSON.stringify(entry.spec.levels))
          await registry.save({ ...entry, spec: { ...entry.spec, levels } });
      }
    },
    async setState(id: string, to: 'paused' | 'training' | 'finished'): Promise<void> {
      const from = recordOf(id).state;
      const allowed = { paused: ['training'], training: ['paused'], finished: ['training', 'paused'] }[to];
      if (!allowed.includes(from)) throw new PathfoldError('wrong_state', `The run is ${from}.`);
      const reason = to === 'training' ? null : `${to === 'paused' ? 'Paused' : 'Stopped'} by the operator.`;
      const ending: Fact[] = to === 'finished' ? [{ type: 'RunEnding', run: id }] : [];
      await host.record({ type: 'RunStateChanged', run: id, state: to, reason }, ...ending);
    },
    /** How its modules step from now on; momenta and work under way go on. */
    async setMode(id: string, mode: Mode, arrivals?: readonly string[] | null): Promise<void> {
      const { state, facts } = recordOf(id);
      if (state === 'finished') throw new PathfoldError('wrong_state', 'The run is finished.');
      const refusal = mode === 'sync' ? null : arrivalRefusal(facts.spec);
      if (refusal !== null) throw new PathfoldError('wrong_state', refusal);
      const unknown = unknownArrivals(facts.spec, arrivals ?? []);
      if (unknown !== null) throw new PathfoldError('bad_request', unknown);
      await host.record({ type: 'RunModeChanged', run: id, mode, ...(arrivals !== undefined && { arrivals }) });
    },
    /** Gives the run the model that it had when it came to this round, and pauses it; what came after is not part of it. */
    async rollBack(id: string, round: number): Promise<void> {
      const record = recordOf(id);
      if (!isModelRun(record.facts))
        throw new PathfoldError('wrong_state', 'The run is a study: it has no rounds to go back to.');
      if (!canGoBack(record)) throw new PathfoldError('wrong_state', `The run is ${record.state}: pause it first.`);
      const kept = checkpointRounds(record);
      if (!kept.includes(round))
        throw new PathfoldError(
          'round_not_kept',
          kept.length === 0
            ? 'No round of the run is kept yet: the first comes when its documents are routed.'
            : `Round ${round} is not kept. The run can be taken back to ${kept.join(', ')}.`,
        );
      await host.record({ type: 'RollbackRequested', run: id, round });
    },
    /** Scores the newest round, also of a run that is paused or finished. */
    async evaluate(id: string): Promise<void> {
      const kind = kindFor(recordOf(id), 'scores');
      if (!kind) throw new PathfoldError('wrong_state', 'The run is a study: nothing of it is scored.');
      await host.record({ type: 'WorkRequested', run: id, kind: kind.name });
    },
    /**
     * Adds an expert to a level, without a stop: its paths share the documents of those that they are copied from. A run
     * that is paused grows when it goes on.
     */
    async grow(id: string, level: number, expert: number): Promise<void> {
      const record = recordOf(id);
      if (record.state === 'finished')
        throw new PathfoldError(
          'wrong_state',
          'The run is finished, and nobody would train what is added. Take it back to an earlier round: then it is paused, and grows when it goes on.',
        );
      const kind = kindFor(record, 'growth');
      if (!kind) throw new PathfoldError('wrong_state', 'The run is a study: it has no experts.');
      if (kind.orders?.growing?.(record.works[kind.name]))
        throw new PathfoldError('wrong_state', 'The run is growing: ask again when it has.');
      await host.record({
        type: 'WorkRequested',
        run: id,
        kind: kind.name,
        ask: growthOf(record.facts, level, expert) as unknown as Json,
      });
    },
    async delete(id: string): Promise<void> {
      if (!registry.get(id)) throw new PathfoldError('not_found', `There is no run ${id}.`);
      await registry.delete(id);
      if (host.state.runs[id]) await host.record({ type: 'RunDeleted', run: id });
      bases.lost(id);
      onChange(id);
    },
  };
}
export type Runs = ReturnType<typeof createRuns>;
