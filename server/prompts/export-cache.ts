/** A finished export file. */
export interface ExportFile {
  bytes: Uint8Array;
  sha256: string;
}

/** The files used last, up to a sum of bytes; files that are being written are written once for all who ask. */
export class ExportCache {
  readonly #maxBytes: number;
  /** In the order of use. */
  readonly #files = new Map<string, ExportFile>();
  readonly #writing = new Map<string, Promise<ExportFile>>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string, write: () => Promise<ExportFile>): Promise<ExportFile> {
    const file = this.#files.get(key);
    if (file) {
      this.#keep(key, file);
      return Promise.resolve(file);
    }
    const begun = this.#writing.get(key);
    if (begun) return begun;
    const writing = write()
      .then((written) => {
        this.#keep(key, written);
        return written;
      })
      .finally(() => this.#writing.delete(key));
    this.#writing.set(key, writing);
    return writing;
  }

  #keep(key: string, file: ExportFile): void {
    this.#files.delete(key);
    this.#files.set(key, file);
    let bytes = [...this.#files.values()].reduce((sum, kept) => sum + kept.bytes.length, 0);
    for (const [
      oldest,
      {
        bytes: { length },
      },
    ] of this.#files) {
      if (bytes <= this.#maxBytes) return;
      this.#files.delete(oldest);
      bytes -= length;
    }
  }
}
