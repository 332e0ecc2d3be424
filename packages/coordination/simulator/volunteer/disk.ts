import type { Upload } from '../../volunteer/state.ts';

/** Blobs that it has room for. */
const MOST_BLOBS = 64;
/** As packages/volunteer/storage/kept.ts. */
const MOST_STAGED = 8;

/** The state that a reload keeps: exactly the files that packages/volunteer writes to its disk. */
export class Disk {
  resume: string | null = null;
  readonly uploads = new Map<string, Upload>();
  /** By lease, the name of the state that its work left behind: it does not count yet. */
  readonly #staged = new Map<string, string>();
  /** By name, the lease that the state which counts is from. */
  readonly kept = new Map<string, string>();
  readonly #blobs = new Set<string>();

  hasBlob(sha256: string): boolean {
    return this.#blobs.has(sha256);
  }

  putBlob(sha256: string): void {
    this.#blobs.delete(sha256);
    this.#blobs.add(sha256);
    for (const old of this.#blobs) {
      if (this.#blobs.size <= MOST_BLOBS) return;
      this.#blobs.delete(old);
    }
  }

  /** The newest first. */
  blobs(most: number): string[] {
    return [...this.#blobs].slice(-most).reverse();
  }

  stage(lease: string, name: string): void {
    for (const [other, its] of this.#staged)
      if (its === name || this.#staged.size >= MOST_STAGED) this.#staged.delete(other);
    this.#staged.set(lease, name);
  }

  /** The state of a lease counts; answers whether there is one. */
  commit(lease: string): boolean {
    const name = this.#staged.get(lease);
    if (name === undefined) return false;
    this.kept.set(name, lease);
    return this.#staged.delete(lease);
  }

  drop(lease: string): void {
    this.#staged.delete(lease);
    for (const [name, from] of this.kept) if (from === lease) this.kept.delete(name);
  }

  /** A contribution is of no use any more, with all that came with it. */
  discard(lease: string): void {
    this.uploads.delete(lease);
    this.drop(lease);
  }

  wipe(): void {
    this.resume = null;
    for (const part of [this.uploads, this.#staged, this.kept, this.#blobs]) part.clear();
  }
}
