import { PathfoldError } from '@pathfold/protocol/errors';
import type { Coarseness, Wire } from '@pathfold/protocol/run-spec';
import type { Codec } from './codec.ts';
import { f32 } from './f32.ts';
import { q } from './q.ts';

const COARSENESSES: readonly Coarseness[] = [1, 2, 3, 4];

/** Every codec by its name in run specs and tasks. A new one is its file and its line here. */
export const CODECS: Record<string, (coarseness?: Coarseness) => Codec> = { f32: () => f32, q };

/** The codec of a task. Throws PathfoldError `bad_run_spec` when there is none such. */
export function codecOf({
  codec: name,
  coarseness,
}: {
  readonly codec: string;
  readonly coarseness?: Coarseness | undefined;
}): Codec {
  const codec = Object.hasOwn(CODECS, name) ? CODECS[name]!(coarseness) : undefined;
  if (!codec)
    throw new PathfoldError(
      'bad_run_spec',
      `wire.codec: ${JSON.stringify(name)} is none of ${Object.keys(CODECS).join(', ')}`,
    );
  return codec;
}

/** The codecs that the leases of a run may have, the finest first: one of each coarseness up to `coarsest`. Throws as `codecOf`. */
export function codecsOf({ codec, coarsest }: Wire = { codec: f32.name }): readonly Codec[] {
  const coarse = codecOf({ codec, ...(coarsest && { coarseness: coarsest }) });
  if (coarsest !== undefined && coarse.coarseness !== coarsest)
    throw new PathfoldError('bad_run_spec', `wire.coarsest: ${codec} has none`);
  const finer = COARSENESSES.filter((coarseness) => coarse.coarseness !== undefined && coarseness < coarse.coarseness);
  return [...finer.map((coarseness) => codecOf({ codec, coarseness })), coarse];
}
