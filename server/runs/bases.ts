import { packagedShape } from '@pathfold/checkpoint/packaged-base';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { isModelRun } from '@pathfold/coordination/study-run';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type ModelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import { answeringRefs } from '@pathfold/works/module-refs';
import type { Host } from '../host.ts';
import type { BaseSource } from '../preparation/jobs.ts';
import type { RunEntry, RunRegistry } from './registry.ts';

export interface BasesDeps {
  readonly host: Host;
  readonly registry: RunRegistry;
  readonly create: (spec: RunSpec) => Promise<RunEntry>;
  readonly onChange: (run: string) => void;
}

/** The run that trains a base: one dense path, with the settings of the run that it is for. */
const baseSpec = ({ async: { arrivals, ...async }, ...spec }: RunSpec, steps: number): RunSpec =>
  RunSpec.parse({
    ...spec,
    async,
    name: `${spec.name.slice(0, 75)} base`,
    levels: [{ experts: 1, blocks: spec.model.blocks }],
    embedding: 'shared',
    base: null,
    earlyStopping: null,
    totalSteps: steps,
  });

const shapeOf = ({ width, blocks, heads, context, vocabulary, tied }: ModelSpec): string =>
  `width ${width}, ${blocks} blocks, ${heads} heads, context ${context}, vocabulary ${vocabulary}, ${tied ? 'tied' : 'untied'}`;

/** Bases of runs: a base is a run of its own, which the other waits for. */
export function createBases({ host, registry, create, onChange }: BasesDeps) {
  /** Runs that wait for a base, by the base. */
  const waiting = new Map<string, { readonly run: string; readonly look: () => void }>();

  const factsOf = (id: string): RunFacts | undefined => host.state.runs[id]?.facts;

  function say(run: string, base: string): void {
    const record = host.state.runs[base];
    const round = record ? Math.min(...Object.values(record.facts.modules).map(({ version }) => version)) : 0;
    registry.note(run, `training its base, the run ${base}: round ${round}`);
    onChange(run);
  }

  /** Resolves when the base will not change any more. Throws when there is none to wait for. */
  function finished(run: string, base: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const state = registry.get(base) === undefined ? 'deleted' : host.state.runs[base]?.state;
        const failed = registry.get(base)?.preparation === 'failed';
        if (state !== 'deleted' && state !== 'finished' && !failed) return say(run, base);
        waiting.delete(base);
        if (state === 'finished') resolve();
        else
          reject(new PathfoldError('bad_run_spec', `base: the run ${base} was ${failed ? 'never prepared' : state}`));
      };
      waiting.set(base, { run, look });
      look();
    });
  }

  return {
    /** Throws `bad_run_spec` when the run cannot start from the base that it names. */
    check({ base, model }: RunSpec): void {
      const refuseOther = (which: string, shape: ModelSpec) => {
        if (shapeOf(shape) !== shapeOf(model))
          throw new PathfoldError(
            'bad_run_spec',
            `base: the ${which} is of another shape: ${shapeOf(shape)}, not ${shapeOf(model)}`,
          );
      };
      if (base && 'packaged' in base) refuseOther(`packaged base ${base.packaged}`, packagedShape(base.packaged));
      if (!base || !('run' in base)) return;
      const facts = factsOf(base.run);
      if (!facts) throw new PathfoldError('bad_run_spec', `base: there is no prepared run ${base.run}`);
      const paths = Object.keys(facts.paths).length;
      if (paths !== 1)
        throw new PathfoldError('bad_run_spec', `base: the run ${base.run} has ${paths} paths, a base has one`);
      refuseOther(`run ${base.run}`, facts.spec.model);
    },

    /** The base of a run, trained first where the run asks for it; null when it starts from scratch. */
    async trained(entry: RunEntry): Promise<BaseSource | null> {
      const { base } = entry.spec;
      if (!base || 'packaged' in base) return base;
      let id = 'run' in base ? base.run : entry.baseRun;
      if (id === null && 'steps' in base) id = (await create(baseSpec(entry.spec, base.steps))).id;
      if (id === null) return null;
      if (entry.baseRun !== id) await registry.update({ ...entry, baseRun: id });
      if ('steps' in base) await finished(entry.id, id);
      const facts = factsOf(id);
      if (!facts || !isModelRun(facts)) throw new PathfoldError('bad_run_spec', `base: the run ${id} is gone`);
      const [path] = Object.keys(facts.paths);
      const modules = answeringRefs(facts, path!).map(({ sha256, bytes }) => ({ sha256, bytes }));
      return { modules, tokenizer: facts.tokenizer };
    },

    note(event: CoordinatorEvent): void {
      if (event.type !== 'RunStateChanged' && event.type !== 'RunDeleted' && event.type !== 'FoldEnded') return;
      waiting.get(event.run)?.look();
    },

    /** A run that the log may know nothing of was deleted, or could not be prepared. */
    lost(run: string): void {
      waiting.get(run)?.look();
    },
  };
}
