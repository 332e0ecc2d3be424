import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { PackagedBase } from '@pathfold/protocol/run-spec';
import safetensors from './formats/safetensors.ts';

/** For Node alone: a folder for each base, with the record of its training beside it (`studies/starter-base`). */
const folderOf = (base: PackagedBase) => new URL(`./data/${base}/`, import.meta.url);

const FILES = ['model.safetensors', 'tokenizer.json'] as const;

/** `record.json`, as far as it is read here. */
interface Packed {
  readonly spec: { readonly model: LlamaShape };
  /** By file, in lower-case hexadecimal. */
  readonly sha256: Readonly<Record<(typeof FILES)[number], string>>;
}

const recordOf = (base: PackagedBase): Packed =>
  JSON.parse(readFileSync(new URL('record.json', folderOf(base)), 'utf8')) as Packed;

/** The shape of a packaged base. */
export const packagedShape = (base: PackagedBase): LlamaShape => recordOf(base).spec.model;

/**
 * A packaged base: theta of its one path, flat, and its tokenizer's JSON. Throws PathfoldError `bad_checkpoint` where a
 * file is not the one that its record names.
 */
export function packagedBase(base: PackagedBase): { readonly theta: Float32Array; readonly tokenizer: string } {
  const { spec, sha256 } = recordOf(base);
  const [weights, tokenizer] = FILES.map((name) => {
    const bytes = readFileSync(new URL(name, folderOf(base)));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256[name])
      throw new PathfoldError(
        'bad_checkpoint',
        `${name} of the packaged base ${base} is not the one of its record: install this version again`,
      );
    return bytes;
  }) as [Buffer, Buffer];
  return { theta: safetensors.read(weights, spec.model), tokenizer: tokenizer.toString() };
}
