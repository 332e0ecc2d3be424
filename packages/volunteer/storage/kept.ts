import * as z from 'zod/mini';
import { type Notes, noteName, readJson, removeUnknown, writeJson } from './notes.ts';

const INDEX = 'kept-index';

/** `staged`: lease to name. `kept`: name, the lease that it came from and its bytes, the latest last. */
const Index = z.object({
  staged: z.array(z.tuple([z.string(), z.string()])),
  kept: z.array(z.tuple([z.string(), z.string(), z.number()])),
});

/**
 * The state that a kind of work carries from one lease to the next (AdamW's moments). It counts only once the contribution that
 * it came with is accepted; it is thrown away when that one is rejected or never handed in.
 */
export interface Kept {
  load(name: string): Promise<Uint8Array | null>;
  stage(lease: string, name: string, bytes: Uint8Array): Promise<unknown>;
  accept(lease: string): Promise<unknown>;
  reject(lease: string): Promise<unknown>;
}

/** Staged at a time: one waits for the word on its contribution for seconds, unless that word was lost. */
const MOST_STAGED = 8;

/** @param maxBytes where the states take more, the oldest go; the latest stays. */
export function createKept(notes: Notes, maxBytes: number): Kept {
  const keptNote = (name: string) => noteName('kept', name);
  const stagedNote = (lease: string) => noteName('staged', lease);
  let tail: Promise<unknown> = Promise.resolve();
  let staged = new Map<string, string>();
  let kept = new Map<string, { readonly from: string; readonly bytes: number }>();

  /** One at a time, in the order of the calls. A failing disk means a cold start, never lost work: it answers null. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T | null> => {
    const turn = tail.then(work).catch(() => null);
    tail = turn;
    return turn;
  };
  const save = () =>
    writeJson(notes, INDEX, {
      staged: [...staged],
      kept: [...kept].map(([name, { from, bytes }]) => [name, from, bytes]),
    });
  const totalBytes = () => [...kept.values()].reduce((total, { bytes }) => total + bytes, 0);
  const forget = async (name: string) => {
    kept.delete(name);
    await notes.remove(keptNote(name));
  };
  const shrinkTo = async (most: number) => {
    for (const name of [...kept.keys()].slice(0, -1)) {
      if (totalBytes() <= most) return;
      await forget(name);
    }
  };
  /** On a full disk the oldest states make room. */
  const write = (note: string, bytes: Uint8Array) =>
    notes.write(note, bytes).catch(async () => {
      await shrinkTo(totalBytes() - bytes.byteLength);
      await notes.write(note, bytes);
    });

  void inTurn(async () => {
    const index = Index.safeParse(await readJson(notes, INDEX));
    if (index.success) {
      staged = new Map(index.data.staged);
      kept = new Map(index.data.kept.map(([name, from, bytes]) => [name, { from, bytes }]));
    }
    const known = new Set([...[...kept.keys()].map(keptNote), ...[...staged.keys()].map(stagedNote)]);
    await removeUnknown(notes, /^(kept|staged)\./, known);
  });

  return {
    load: (name) => inTurn(async () => (kept.has(name) ? notes.read(keptNote(name)) : null)),
    stage: (lease, name, bytes) =>
      inTurn(async () => {
        const mostOthers = MOST_STAGED - 1;
        const obsolete = [...staged].filter(([, other], i) => other === name || i < staged.size - mostOthers);
        for (const [other] of obsolete) {
          staged.delete(other);
          await notes.remove(stagedNote(other));
        }
        // Without the new state the old one is wrong as soon as the contribution is accepted.
        await write(stagedNote(lease), bytes).catch(async (error) => {
          await forget(name);
          await save();
          throw error;
        });
        staged.set(lease, name);
        await save();
      }),
    accept: (lease) =>
      inTurn(async () => {
        const name = staged.get(lease);
        const bytes = name === undefined ? null : await notes.read(stagedNote(lease));
        if (name === undefined || !bytes) return;
        await write(keptNote(name), bytes);
        kept.delete(name);
        kept.set(name, { from: lease, bytes: bytes.byteLength });
        staged.delete(lease);
        await shrinkTo(maxBytes);
        await save();
        await notes.remove(stagedNote(lease));
      }),
    reject: (lease) =>
      inTurn(async () => {
        for (const [name, { from }] of [...kept]) if (from === lease) await forget(name);
        if (staged.delete(lease)) await notes.remove(stagedNote(lease));
        await save();
      }),
  };
}
