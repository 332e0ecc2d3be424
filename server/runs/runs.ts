import type { PathFacts, RunFacts } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { levelsOf, type RunSpec } from '@pathfold/protocol/run-spec';
import type { FastifyBaseLogger } from 'fastify';
import type { Library } from '../corpora/corpora.ts';
import type { Fact, Host } from '../host.ts';
import type { CorpusFiles, PrepareResult } from '../preparation/jobs.ts';
import type { Preparation } from '../preparation/preparation.ts';
import { newSecret } from '../security/secrets.ts';
import type { Corpora } from '../store/corpora.ts';
import type { RunEntry, RunRegistry } from './registry.ts';

export interface RunsDeps {
  readonly host: Host;
  readonly registry: RunRegistry;
  readonly corpora: Corpora;
  readonly library: Library;
  readonly preparation: Preparation;
  /** Names of the kinds of work that every run has. */
  readonly kinds: readonly string[];
  readonly log: FastifyBaseLogger;
  readonly onChange: (run: string) => void;
}

/** One path, as long as each level has one expert: `0`, or `0-0`. */
const pathsOf = (spec: RunSpec, { shard, shardTokens }: PrepareResult): Record<string, PathFacts> => {
  const levels = levelsOf(spec);
  const modules = ['embedding', ...levels.map((_, level) => `level${level}.0`), 'head'];
  return { [levels.map(() => '0').join('-')]: { modules, shard, shardTokens } };
};

/** What operators do with runs. Each throws a PathfoldError that says why not. */
export function createRuns({ host, registry, corpora, library, preparation, kinds, log, onChange }: RunsDeps) {
  const recordOf = (id: string) => {
    const entry = registry.get(id);
    if (!entry) throw new PathfoldError('not_found', `There is no run ${id}.`);
    const record = host.state.runs[id];
    if (!record) throw new PathfoldError('wrong_state', 'The run is not prepared.');
    return record;
  };

  async function prepare(entry: RunEntry): Promise<void> {
    const { id, spec } = entry;
    const onProgress = (words: string) => {
      registry.note(id, words);
      onChange(id);
    };
    try {
      const corpus = await library.ready(spec.corpus);
      const result = await preparation.run(
        {
          type: 'prepare',
          files: corpus.files as CorpusFiles,
          model: spec.model,
          levels: levelsOf(spec),
          seed: spec.seed,
        },
        onProgress,
      );
      if (!registry.get(id)) return;
      const { modules, documents, tokenizer, baselines } = result;
      const run: RunFacts = { id, spec, modules, paths: pathsOf(spec, result), documents, tokenizer };
      await registry.save({ ...entry, baselines, preparation: 'done', reason: null });
      await host.record({ type: 'RunCreated', run, kinds });
    } catch (error) {
      if (preparation.isClosed()) return;
      if (!(error instanceof PathfoldError)) log.error({ err: error, run: id }, 'a run could not be prepared');
      const reason = error instanceof PathfoldError ? `${error.code}: ${error.detail}` : (error as Error).message;
      if (registry.get(id)) await registry.save({ ...entry, preparation: 'failed', reason });
    }
    onChange(id);
  }

  return {
    /** Begins to prepare a run; it trains by itself when it is ready. */
    async create(spec: RunSpec): Promise<RunEntry> {
      const corpus = await corpora.get(spec.corpus);
      if (!corpus) throw new PathfoldError('bad_run_spec', `corpus: there is no corpus ${JSON.stringify(spec.corpus)}`);
      if (corpus.state === 'failed') throw new PathfoldError('bad_run_spec', 'corpus: its preparation failed');
      const entry: RunEntry = {
        id: newSecret(9),
        spec,
        createdAt: new Date(host.now()).toISOString(),
        corpus: { id: corpus.id, name: corpus.name, licence: corpus.licence },
        baselines: null,
        preparation: 'running',
        reason: 'waiting for its turn',
      };
      await registry.save(entry);
      void prepare(entry);
      return entry;
    },
    /** Goes on with what a restart broke off. */
    async resume(): Promise<void> {
      for (const entry of registry.list()) {
        const isMade = host.state.runs[entry.id] !== undefined;
        if (!isMade && entry.preparation !== 'failed') void prepare(entry);
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
    /** Scores the newest round, also of a run that is paused or finished. */
    async evaluate(id: string): Promise<void> {
      recordOf(id);
      await host.record({ type: 'WorkRequested', run: id, kind: 'evaluate' });
    },
    async delete(id: string): Promise<void> {
      if (!registry.get(id)) throw new PathfoldError('not_found', `There is no run ${id}.`);
      await registry.delete(id);
      if (host.state.runs[id]) await host.record({ type: 'RunDeleted', run: id });
      onChange(id);
    },
  };
}
export type Runs = ReturnType<typeof createRuns>;
