import type { BlobStore } from '@pathfold/blobs/blob-store';
import { pathModules } from '@pathfold/nets/llama-modules';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type LevelSpec, levelsOf, type ModelSpec, type RunSpec } from '@pathfold/protocol/run-spec';
import type { PromptRun } from './runs.ts';

/** Everything that one path is made of, as it goes to the prompt worker. */
export interface PathSource {
  model: ModelSpec;
  levels: LevelSpec[];
  embedding: RunSpec['embedding'];
  path: string;
  /** Flat float32 parameters of the modules on the path, by name. */
  modules: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
  tokenizerJson: Uint8Array;
}

/** A path at one version of its modules. */
export interface PathVersion {
  /** Equal for equal parameters, shape and tokenizer. */
  key: string;
  path: string;
  /** Lowest version of its modules. */
  round: number;
  load(): Promise<PathSource>;
}

/** Throws `not_found` for a path that the run does not have, `not_ready` while the run is preparing. */
export const pathVersion = (run: PromptRun, path: string, blobs: BlobStore): PathVersion => {
  if (!run.paths.includes(path)) throw new PathfoldError('not_found', `Run ${run.id} has no path ${path}.`);
  const { tokenizer } = run;
  const { model, embedding } = run.spec;
  const levels = levelsOf(run.spec);
  const byName = new Map(run.modules.map((module) => [module.name, module]));
  const modules = pathModules(model, levels, path, embedding).map(({ name }) => byName.get(name));
  if (!tokenizer || !modules.every((module) => module !== undefined))
    throw new PathfoldError('not_ready', `Run ${run.id} is still preparing.`);

  const read = async (sha256: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await blobs.get(sha256);
    if (!bytes) throw new PathfoldError('not_ready', 'The run has just moved on to a newer version.');
    return bytes.slice();
  };
  return {
    key: JSON.stringify([model, levels, path, modules.map(({ sha256 }) => sha256), tokenizer.sha256]),
    path,
    round: Math.min(...modules.map(({ version }) => version)),
    load: async () => ({
      model,
      levels,
      embedding,
      path,
      modules: new Map(
        await Promise.all(
          modules.map(async ({ name, sha256 }) => [name, new Float32Array((await read(sha256)).buffer)] as const),
        ),
      ),
      tokenizerJson: await read(tokenizer.sha256),
    }),
  };
};
