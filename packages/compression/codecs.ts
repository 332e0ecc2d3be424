import { PathfoldError } from '@pathfold/protocol/errors';
import type { Coarseness, Wire } from '@pathfold/protocol/run-spec';
import type { Codec } from './codec.ts';
import { f32 } from './f32.ts';
import { q } from './q.ts';

/** Every codec by its name in run specs and tasks. A new one is its file and its line here. */
export const CODECS: Record<string, (coarseness?: Coarseness) => Codec> = { f32: () => f32, q };

/** The codec of a run spec (`wire`) or a task. Throws PathfoldError `bad_run_spec` when there is none such. */
export function codecOf({ codec: name, coarseness }: Wire = { codec: f32.name }): Codec {
  const codec = Object.hasOwn(CODECS, name) ? CODECS[name]!(coarseness) : undefined;
  if (!codec)
    throw new PathfoldError(
      'bad_run_spec',
      `wire.codec: ${JSON.stringify(name)} is none of ${Object.keys(CODECS).join(', ')}`,
    );
  if (coarseness !== undefined && codec.coarseness !== coarseness)
    throw new PathfoldError('bad_run_spec', `wire.coarseness: ${name} has none`);
  return codec;
}
