import { readdirSync } from 'node:fs';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import type { PathWeights } from './path.ts';

/** Facts for a reader of an export beside the weights. */
export interface ExportNotes {
  readonly runName: string;
  readonly path: string;
  readonly round: number;
  readonly corpusName: string;
  readonly licence: string;
}

/** How weights are written for others, and read from them. */
export interface WeightFormat {
  readonly contentType: string;
  /** Equal input gives equal bytes. Throws PathfoldError `too_large` where the format cannot hold the weights. */
  write(weights: PathWeights, tokenizerJson: Uint8Array, notes: ExportNotes): Uint8Array;
  /** Theta of a path of this shape, flat. Throws PathfoldError `bad_checkpoint`. Left out: it is only written. */
  read?(file: Uint8Array, model: LlamaShape): Float32Array;
}

/** The formats of a folder: every file is one, named after the ending of the files that it writes, as `hf.zip.ts`. */
export async function formatsIn(folder: URL): Promise<ReadonlyMap<string, WeightFormat>> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const load = async (name: string) => (await import(new URL(name, folder).href)) as { default: WeightFormat };
  return new Map(
    await Promise.all(files.map(async (name) => [name.slice(0, -'.ts'.length), (await load(name)).default] as const)),
  );
}

/** For Node alone: pages have no folder to look into. */
export const FORMATS = await formatsIn(new URL('./formats/', import.meta.url));
