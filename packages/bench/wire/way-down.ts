import type { FoldOutput, Json, ModuleFacts, WorkFold } from '@pathfold/coordination/work-plan';
import { trainFold } from '@pathfold/works/train/fold';

/** Every bit of each version is sent. */
export const wholeFold: WorkFold = {
  ...trainFold,
  fold(input, blobs) {
    const { lattice: _, ...rest } = input as { [key: string]: Json };
    return trainFold.fold(rest, blobs);
  },
};

/** The way down, in bytes and parameters of all versions. */
export class Way {
  #bytes = 0;
  #parameters = 0;
  /** By module, what a joiner takes of its newest version. */
  readonly #joiner = new Map<string, number>();
  #most = 0;

  note({ modules }: FoldOutput, facts: Readonly<Record<string, ModuleFacts>>): void {
    for (const { name, blob, lattice } of modules) {
      this.#parameters += facts[name]!.parameterCount;
      this.#bytes += lattice?.patches[0]?.bytes ?? blob.bytes;
      this.#joiner.set(name, lattice ? lattice.snapshot.bytes + (lattice.patches.at(-1)?.bytes ?? 0) : blob.bytes);
      if (this.#joiner.size === Object.keys(facts).length)
        this.#most = Math.max(
          this.#most,
          [...this.#joiner.values()].reduce((sum, bytes) => sum + bytes, 0),
        );
    }
  }

  figures(parameters: number) {
    return { downPerParameter: this.#bytes / this.#parameters, joinerPerParameter: this.#most / parameters };
  }
}
