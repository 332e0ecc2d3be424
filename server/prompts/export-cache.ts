/** A finished export file. */
export interface ExportFile {
  bytes: Uint8Array;
  sha256: string;
}

/** A file in the making. `askers`: who still waits for it. */
interface Writing {
  readonly file: Promise<ExportFile>;
  readonly control: AbortController;
  askers: number;
}

/** The files used last, up to a sum of bytes; files that are being written are written once for all who ask. */
export class ExportCache {
  readonly #maxBytes: number;
  /** In the order of use. */
  readonly #files = new Map<string, ExportFile>();
  readonly #writing = new Map<string, Writing>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Writing is aborted when all who asked for the file have hung up. Rejects with the reason of the own `signal`. */
  get(key: string, signal: AbortSignal, write: (signal: AbortSignal) => Promise<ExportFile>): Promise<ExportFile> {
    const file = this.#files.get(key);
    if (file) {
      this.#keep(key, file);
      return Promise.resolve(file);
    }
    if (signal.aborted) return Promise.reject(signal.reason);
    const writing = this.#writing.get(key) ?? this.#begin(key, write);
    writing.askers += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        reject(signal.reason);
        writing.askers -= 1;
        if (writing.askers > 0) return;
        this.#forget(key, writing);
        writing.control.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      writing.file.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #begin(key: string, write: (signal: AbortSignal) => Promise<ExportFile>): Writing {
    const control = new AbortController();
    const writing = { file: write(control.signal), control, askers: 0 };
    this.#writing.set(key, writing);
    writing.file
      .then((written) => this.#keep(key, written))
      .catch(() => {})
      .finally(() => this.#forget(key, writing));
    return writing;
  }

  #forget(key: string, writing: Writing): void {
    if (this.#writing.get(key) === writing) this.#writing.delete(key);
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
