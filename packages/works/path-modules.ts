import { floatsOf } from '@pathfold/compression/float32';
import type { ModuleRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { LevelSpec, ModelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import { joinModules, type PathShape, pathShape } from '@pathfold/training/path';
import type { WorkPorts } from './work-run.ts';

/** A path as a task names it. */
export interface PathTask {
  readonly path: string;
  readonly model: ModelSpec;
  readonly levels: readonly LevelSpec[];
  readonly embedding: RunSpec['embedding'];
  readonly modules: readonly ModuleRef[];
}

/**
 * Fetches the modules of a task and lays them out as one flat theta. Throws PathfoldError `bad_message` when the task's
 * modules are not those of its path, in order and size.
 */
export async function fetchPath(task: PathTask, ports: WorkPorts): Promise<{ path: PathShape; theta: Float32Array }> {
  const path = pathShape(task.model, task.levels, task.path, task.embedding);
  const fits =
    path.modules.length === task.modules.length &&
    path.modules.every(({ name, parameterCount }, i) => {
      const ref = task.modules[i];
      return ref?.name === name && ref.bytes === 4 * parameterCount;
    });
  if (!fits) throw new PathfoldError('bad_message', `Task: the modules are not those of path ${task.path}.`);
  const modules = await Promise.all(
    task.modules.map(async (ref) =>
      floatsOf(await ports.blob({ sha256: ref.sha256, bytes: ref.bytes }), ref.bytes / 4),
    ),
  );
  return { path, theta: joinModules(modules) };
}
