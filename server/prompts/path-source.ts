import type { BlobStore } from '@pathfold/blobs/blob-store';
import { floatsOf } from '@pathfold/checkpoint/layout';
import { DENSE_PATH, densePath, type PathShape, pathShape } from '@pathfold/checkpoint/path';
import type { BlobRef, ModuleRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { checkBase, type Router, readRouter } from '@pathfold/routing/assign/router';
import type { PromptRun } from './runs.ts';

/** Everything that one path is made of, as it goes to the prompt worker. */
export interface PathSource {
  path: string;
  shape: PathShape;
  /** Parameters of each of its modules, in order. */
  parameters: readonly Float32Array<ArrayBuffer>[];
  tokenizerJson: Uint8Array;
  /** For the base alone: the path that a text goes to. */
  router: Router | null;
}

/** A path at one version of its modules. */
export interface PathVersion {
  /** Equal for equal parameters, shape and tokenizer. */
  key: string;
  path: string;
  /** Those that it crosses, in order. */
  modules: readonly ModuleRef[];
  /** Lowest version of its modules. */
  round: number;
  load(): Promise<PathSource>;
}

/** Throws `not_found` for a path that the run does not have, `not_ready` while the run is preparing. */
export const pathVersion = (run: PromptRun, path: string, blobs: BlobStore): PathVersion => {
  if (!run.paths.includes(path)) throw new PathfoldError('not_found', `Run ${run.id} has no path ${path}.`);
  return versionOf(run, path, shapeOf(run, path), run.kept?.[path] ?? run.modules, null, blobs);
};

/**
 * The base of a run, with the router that reads documents by it. Where routing is random and there is no base, the first
 * path stands in: only its tokenizer is read. Throws `not_found` where there is neither base nor router, `not_ready`
 * while the run is preparing.
 */
export const baseVersion = (run: PromptRun, blobs: BlobStore): PathVersion => {
  if (run.base) return versionOf(run, DENSE_PATH, densePath(run.spec.model), run.base, run.router, blobs);
  if (!run.router) throw new PathfoldError('not_found', `Run ${run.id} has no base, and computes no features.`);
  const first = run.paths[0]!;
  return versionOf(run, first, shapeOf(run, first), run.modules, run.router, blobs);
};

/**
 * The path that every prompt goes to: the only one, or the first while documents are not routed, for all of them are still
 * the base then. Null where a router decides.
 */
export const solePath = ({ paths, base, router }: PromptRun): string | null =>
  paths.length === 1 || (base && !router) ? paths[0]! : null;

const shapeOf = ({ spec }: PromptRun, path: string): PathShape =>
  pathShape(spec.model, levelsOf(spec), path, spec.embedding);

const readBlob = async (blobs: BlobStore, sha256: string): Promise<Uint8Array> => {
  const bytes = await blobs.get(sha256);
  if (!bytes) throw new PathfoldError('not_ready', 'The run has just moved on to a newer version.');
  return bytes;
};

/** The newest router of a run. Throws `not_ready` while documents are not routed, `wrong_state` when it is for another base. */
export const routerOf = async (run: PromptRun, blobs: BlobStore): Promise<{ bytes: Uint8Array; router: Router }> => {
  if (!run.router) throw new PathfoldError('not_ready', `The documents of run ${run.id} are not routed yet.`);
  const bytes = await readBlob(blobs, run.router.sha256);
  try {
    const router = readRouter(JSON.parse(new TextDecoder().decode(bytes)));
    checkBase(
      router,
      (run.base ?? []).map(({ sha256 }) => sha256),
    );
    return { bytes, router };
  } catch (error) {
    throw new PathfoldError('wrong_state', `Run ${run.id} cannot be routed: ${(error as Error).message}.`);
  }
};

const versionOf = (
  run: PromptRun,
  path: string,
  shape: PathShape,
  refs: readonly ModuleRef[],
  router: BlobRef | null,
  blobs: BlobStore,
): PathVersion => {
  const { tokenizer } = run;
  const byName = new Map(refs.map((module) => [module.name, module]));
  const modules = shape.modules.map(({ name }) => byName.get(name));
  if (!tokenizer || !modules.every((module) => module !== undefined))
    throw new PathfoldError('not_ready', `Run ${run.id} is not prepared.`);
  const hashes = modules.map(({ sha256 }) => sha256);
  return {
    key: JSON.stringify([shape.model, path, hashes, tokenizer.sha256, router?.sha256]),
    path,
    modules,
    round: Math.min(...modules.map(({ version }) => version)),
    load: async () => ({
      path,
      shape,
      parameters: await Promise.all(modules.map(async ({ sha256 }) => floatsOf(await readBlob(blobs, sha256)))),
      tokenizerJson: await readBlob(blobs, tokenizer.sha256),
      router: router && (await routerOf(run, blobs)).router,
    }),
  };
};
