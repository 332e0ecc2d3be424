import * as z from 'zod/mini';
import { type Notes, noteName, readJson, writeJson } from './notes.ts';

const INDEX = 'kept-index';
/** States that stay at most: the oldest go. */
const MOST = 8;

/** `staged`: lease to name. `kept`: name and the lease that it came from, the latest last. */
const Index = z.object({
  staged: z.array(z.tuple([z.string(), z.string()])),
  kept: z.array(z.tuple([z.string(), z.string()])),
});

/**
 * What a kind of work carries from one lease to the next (AdamW's moments). It counts only once the contribution that
 * it came with is accepted; it is thrown away when that one is rejected or never handed in.
 */
export interface Kept {
  load(name: string): Promise<Uint8Array | null>;
  stage(lease: string, name: string, bytes: Uint8Array): Promise<unknown>;
  accept(lease: string): Promise<unknown>;
  reject(lease: string): Promise<unknown>;
}

export function createKept(notes: Notes): Kept {
  const keptNote = (name: string) => noteName('kept', name);
  const stagedNote = (lease: string) => noteName('staged', lease);
  let tail: Promise<unknown> = Promise.resolve();
  let staged = new Map<string, string>();
  let kept = new Map<string, string>();

  /** One at a time, in the order of the calls. A failing disk means a cold start, never lost work: it answers null. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T | null> => {
    const turn = tail.then(work).catch(() => null);
    tail = turn;
    return turn;
  };
  const save = () => writeJson(notes, INDEX, { staged: [...staged], kept: [...kept] });

  void inTurn(async () => {
    const index = Index.safeParse(await readJson(notes, INDEX));
    if (!index.success) return;
    staged = new Map(index.data.staged);
    kept = new Map(index.data.kept);
  });

  return {
    load: (name) => inTurn(async () => (kept.has(name) ? notes.read(keptNote(name)) : null)),
    stage: (lease, name, bytes) =>
      inTurn(async () => {
        for (const [other, itsName] of staged)
          if (itsName === name) {
            staged.delete(other);
            await notes.remove(stagedNote(other));
          }
        await notes.write(stagedNote(lease), bytes);
        staged.set(lease, name);
        await save();
      }),
    accept: (lease) =>
      inTurn(async () => {
        const name = staged.get(lease);
        const bytes = name === undefined ? null : await notes.read(stagedNote(lease));
        if (name === undefined || !bytes) return;
        await notes.write(keptNote(name), bytes);
        kept.delete(name);
        kept.set(name, lease);
        staged.delete(lease);
        for (const old of [...kept.keys()].slice(0, -MOST)) {
          kept.delete(old);
          await notes.remove(keptNote(old));
        }
        await save();
        await notes.remove(stagedNote(lease));
      }),
    reject: (lease) =>
      inTurn(async () => {
        for (const [name, from] of kept)
          if (from === lease) {
            kept.delete(name);
            await notes.remove(keptNote(name));
          }
        if (staged.delete(lease)) await notes.remove(stagedNote(lease));
        await save();
      }),
  };
}
