import { PathfoldError } from '@pathfold/protocol/errors';
import type { Codec } from './codec.ts';
import { f32 } from './f32.ts';

/** Every codec by its name in run specs and tasks. A new one is its file and its line here. */
export const CODECS: Record<string, Codec> = { f32 };

/** The codec of a run spec (`wire`). Throws PathfoldError `bad_run_spec` when there is none of that name. */
export function codecOf({ codec: name }: { readonly codec: string } = { codec: f32.name }): Codec {
  const codec = Object.hasOwn(CODECS, name) ? CODECS[name] : undefined;
  if (codec) return codec;
  throw new PathfoldError(
    'bad_run_spec',
    `wire.codec: ${JSON.stringify(name)} is none of ${Object.keys(CODECS).join(', ')}`,
  );
}
