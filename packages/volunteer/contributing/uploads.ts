import type { Upload } from '@pathfold/coordination/volunteer/state';
import { Sha256 } from '@pathfold/protocol/blob';
import { Report } from '@pathfold/protocol/report';
import * as z from 'zod/mini';
import { type Notes, noteName, readJson, removeUnknown, writeJson } from '../storage/notes.ts';

const StoredUpload = z.object({
  lease: z.string(),
  run: z.string(),
  kind: z.string(),
  token: z.string(),
  sha256: Sha256,
  bytes: z.int(),
  report: Report,
});

const payloadNote = (lease: string) => noteName('payload', lease);
const uploadNote = (lease: string) => noteName('upload', lease);

/** Contributions that are not handed in yet, with their bytes: where there is room for them, they outlive the visit. */
export const createUploads = (notes: Notes, inMemory = new Map<string, Uint8Array>()) => ({
  /** The listed uploads. Leftovers of others, whose keeping or forgetting was cut off, are removed. */
  async restore(): Promise<Upload[]> {
    const names = (await notes.names().catch(() => [])).filter((name) => name.startsWith('upload.'));
    const stored = await Promise.all(names.map((name) => readJson(notes, name)));
    const uploads = stored.flatMap((value) => StoredUpload.safeParse(value).data ?? []);
    const known = new Set(uploads.flatMap(({ lease }) => [uploadNote(lease), payloadNote(lease)]));
    await removeUnknown(notes, /^(upload|payload)\./, known).catch(() => {});
    return uploads;
  },
  /** The bytes first: an upload that is listed has its bytes. */
  async keep(upload: Upload, payload: Uint8Array): Promise<void> {
    inMemory.set(upload.lease, payload);
    await notes
      .write(payloadNote(upload.lease), payload)
      .then(() => writeJson(notes, uploadNote(upload.lease), upload))
      .catch(() => {});
  },
  payload: async (lease: string): Promise<Uint8Array | null> =>
    inMemory.get(lease) ?? (await notes.read(payloadNote(lease)).catch(() => null)),
  async forget(lease: string): Promise<void> {
    inMemory.delete(lease);
    for (const note of [uploadNote(lease), payloadNote(lease)]) await notes.remove(note).catch(() => {});
  },
});
export type Uploads = ReturnType<typeof createUploads>;
