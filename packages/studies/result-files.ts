import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@pathfold/coordination/work-plan';
import type { Result } from './results.ts';

/** JSON whose keys stand in alphabetical order, so that equal values are equal texts. */
export const canonical = (value: Json): string =>
  JSON.stringify(value, (_, part: Json) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** A result's key binds the configuration, the seed, and the arithmetic (see `Arithmetic`). */
export const keyOf = (config: Json, seed: number, arithmetic: string): string =>
  createHash('sha256').update(canonical({ config, seed, arithmetic })).digest('hex');

/** How a result came about. */
export interface Provenance {
  readonly key: string;
  /** The executor that computed it: `wasm`, `native`, `exact`; `unrecorded` where nobody can tell any more (decision 0024). */
  readonly executor: string;
  readonly config: Json;
}

/** One (arm, seed): `results/ARM.SEED.KEY.json` in the study's folder. */
export class ResultFiles {
  readonly #folder: string;

  constructor(studyFolder: string) {
    this.#folder = join(studyFolder, 'results');
  }

  #name(arm: string, seed: number, key: string): string {
    return `${arm}.${seed}.${key.slice(0, 16)}.json`;
  }

  /** Whether there is one under any key. */
  has(arm: string, seed: number): boolean {
    return existsSync(this.#folder) && readdirSync(this.#folder).some((name) => name.startsWith(`${arm}.${seed}.`));
  }

  /** Null when there is none under this key. Throws when the file is there and is not one of ours. */
  read(arm: string, seed: number, key: string): Result | null {
    const path = join(this.#folder, this.#name(arm, seed, key));
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return null;
    }
    const file = JSON.parse(text);
    if (file.key !== key) throw new Error(`${path} does not hold the result that its name says; delete it.`);
    return { figures: file.figures, curves: file.curves };
  }

  /** Writes as a whole or not at all; the results of the same arm and seed under other keys go. */
  write(arm: string, seed: number, { key, executor, config }: Provenance, result: Result): void {
    mkdirSync(this.#folder, { recursive: true });
    const name = this.#name(arm, seed, key);
    const path = join(this.#folder, name);
    writeFileSync(`${path}.part`, `${JSON.stringify({ arm, seed, key, executor, config, ...result }, null, 1)}\n`);
    renameSync(`${path}.part`, path);
    for (const other of readdirSync(this.#folder))
      if (other.startsWith(`${arm}.${seed}.`) && other !== name) rmSync(join(this.#folder, other));
  }
}
