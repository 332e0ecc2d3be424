import { blobBytes } from '@pathfold/checkpoint/layout';
import { loadPath, type PathShape, pathShape } from '@pathfold/checkpoint/path';
import type { ModuleRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { LevelSpec, ModelSpec, RunSpec } from '@pathfold/protocol/run-spec';
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
    path.modules.every((module, i) => {
      const ref = task.modules[i];
      return ref?.name === module.name && ref.bytes === blobBytes(module);
    });
  if (!fits) throw new PathfoldError('bad_message', `Task: the modules are not those of path ${task.path}.`);
  return { path, theta: await loadPath(task.modules, ({ name: _, version: __, ...ref }) => ports.blob(ref)) };
}
