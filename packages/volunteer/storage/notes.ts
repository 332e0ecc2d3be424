/**
 * Small named values that outlive a visit: unfinished uploads, optimizer state, the resume token. A name is
 * `[a-z0-9._-]{1,120}`. A write is whole or did not happen.
 */
export interface Notes {
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  names(): Promise<string[]>;
}

export const memoryNotes = (): Notes => {
  const notes = new Map<string, Uint8Array>();
  return {
    read: async (name) => notes.get(name)?.slice() ?? null,
    write: async (name, bytes) => {
      notes.set(name, bytes.slice());
    },
    remove: async (name) => {
      notes.delete(name);
    },
    names: async () => [...notes.keys()],
  };
};

/** Any text as a part of a name: what is not plain becomes `_`, and a hash of the text keeps two of them apart. */
export const noteName = (prefix: string, text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const char of text) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0)!)) * 0x100000001b3n);
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '_')
    .slice(0, 60);
  return `${prefix}.${plain}.${hash.toString(36)}`;
};

/** Removes what a cut left behind: of the notes that begin so, all but those that are known. */
export const removeUnknown = async (notes: Notes, begin: RegExp, known: ReadonlySet<string>): Promise<void> => {
  for (const name of await notes.names()) if (begin.test(name) && !known.has(name)) await notes.remove(name);
};

/** Null for what is not there, or cannot be read. */
export const readJson = async (notes: Notes, name: string): Promise<unknown> => {
  try {
    const bytes = await notes.read(name);
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
};

export const writeJson = (notes: Notes, name: string, value: unknown): Promise<void> =>
  notes.write(name, new TextEncoder().encode(JSON.stringify(value)));
