interface Made {
  readonly files?: Map<string, Uint8Array<ArrayBuffer>>;
  /** Bytes that fit; infinitely many unless told. */
  readonly room?: () => number;
  /** False in browsers that cannot write so (Safari before 26). */
  readonly canWrite?: boolean;
}

/** A folder of a private file system, as far as we use it: a file is made empty and filled when its writer closes. */
export function opfsFolder({ files = new Map(), room, canWrite = true }: Made = {}): FileSystemDirectoryHandle {
  const absent = () => new DOMException('no such file', 'NotFoundError');
  const folders = new Map<string, FileSystemDirectoryHandle>();
  const writing = new Set<string>();
  const createWritable = (name: string) => async () => {
    let written = new Uint8Array();
    writing.add(name);
    return {
      async write(bytes: Uint8Array) {
        const others = [...files].reduce((sum, [other, { length }]) => (other === name ? sum : sum + length), 0);
        if (room && others + bytes.length > room()) throw new DOMException('full', 'QuotaExceededError');
        written = bytes.slice();
      },
      async close() {
        writing.delete(name);
        files.set(name, written);
      },
      async abort() {
        writing.delete(name);
      },
    };
  };
  return {
    async getDirectoryHandle(name: string) {
      const folder = folders.get(name) ?? opfsFolder({ canWrite, ...(room && { room }) });
      folders.set(name, folder);
      return folder;
    },
    async getFileHandle(name: string, options?: { create?: boolean }) {
      if (!files.has(name) && !options?.create) throw absent();
      if (!files.has(name)) files.set(name, new Uint8Array());
      const getFile = async () => new File([files.get(name) ?? new Uint8Array()], name);
      return canWrite ? { getFile, createWritable: createWritable(name) } : { getFile };
    },
    async removeEntry(name: string) {
      if (writing.has(name)) throw new DOMException('is being written', 'NoModificationAllowedError');
      if (!files.delete(name)) throw absent();
    },
    async *keys() {
      yield* files.keys();
    },
  } as unknown as FileSystemDirectoryHandle;
}
