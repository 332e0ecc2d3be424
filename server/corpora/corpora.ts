import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Document } from '@pathfold/corpora/document';
import { parseUpload, type UploadKind } from '@pathfold/corpora/upload';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { FastifyBaseLogger } from 'fastify';
import type { Preparation } from '../preparation/preparation.ts';
import { newSecret } from '../security/secrets.ts';
import type { Corpora, StoredCorpus } from '../store/corpora.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Id of the packaged corpus. */
export const STARTER = 'starter';

export interface CorpusNames {
  readonly name: string;
  readonly licence: string;
}

export interface LibraryDeps {
  readonly corpora: Corpora;
  readonly preparation: Preparation;
  /** Folder for uploads while they are read. */
  readonly folder: string;
  readonly maxBytes: number;
  readonly log: FastifyBaseLogger;
}

async function* linesOf(documents: AsyncIterable<Document>) {
  for await (const document of documents) yield `${JSON.stringify(document)}\n`;
}

export async function allCorpora(corpora: Corpora): Promise<StoredCorpus[]> {
  const all: StoredCorpus[] = [];
  for (let cursor: string | null = null; ; ) {
    const { items, next } = await corpora.list({ limit: 200, cursor });
    all.push(...items);
    if (next === null) return all;
    cursor = next;
  }
}

/** Takes corpora in and splits them. */
export async function openLibrary({ corpora, preparation, folder, maxBytes, log }: LibraryDeps) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const splitting = new Map<string, Promise<void>>();

  const newCorpus = (id: string, names: CorpusNames): StoredCorpus => ({
    id,
    ...names,
    state: 'preparing',
    reason: null,
    documentCount: 0,
    textBytes: 0,
    badLines: { count: 0, first: [] },
    domains: [],
    createdAt: new Date().toISOString(),
    files: {},
  });

  async function split(corpus: StoredCorpus, path: string | null): Promise<void> {
    try {
      const { files, ...facts } = await preparation.run({ type: 'split', path }, () => {});
      await corpora.update({ ...corpus, ...facts, files, state: 'ready' });
    } catch (error) {
      if (preparation.isClosed()) return;
      if (!(error instanceof PathfoldError))
        log.error({ err: error, corpus: corpus.id }, 'a corpus could not be split');
      const reason = error instanceof PathfoldError ? `${error.code}: ${error.detail}` : (error as Error).message;
      await corpora.update({ ...corpus, state: 'failed', reason });
    } finally {
      if (path !== null) await rm(path, { force: true });
    }
  }

  async function begin(corpus: StoredCorpus, path: string | null): Promise<void> {
    await corpora.save(corpus);
    const work = split(corpus, path).finally(() => splitting.delete(corpus.id));
    splitting.set(corpus.id, work);
  }

  return {
    /**
     * Reads an upload as it comes, then splits it in the background. Throws the PathfoldErrors of `parseUpload`;
     * nothing is kept then.
     */
    async upload(names: CorpusNames, kind: UploadKind, chunks: AsyncIterable<Uint8Array>): Promise<StoredCorpus> {
      const path = join(folder, newSecret(12));
      try {
        const { documents, summary } = parseUpload(chunks, kind, { maxBytes, maxLineBytes: MAX_LINE_BYTES });
        await pipeline(linesOf(documents), createWriteStream(path));
        const corpus = { ...newCorpus(newSecret(9), names), ...summary };
        await begin(corpus, path);
        return corpus;
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    /** Takes in the packaged corpus, unless it is here. */
    async addStarter(): Promise<void> {
      const known = await corpora.get(STARTER);
      if (known && known.state === 'ready') return;
      const names = { name: 'Starter', licence: 'public domain and open licences: see NOTICE' };
      await begin(known ?? newCorpus(STARTER, names), null);
    },
    /** The corpus, once it is split. */
    async ready(id: string): Promise<StoredCorpus> {
      await splitting.get(id);
      const corpus = await corpora.get(id);
      if (!corpus) throw new PathfoldError('not_found', `There is no corpus ${id}.`);
      if (corpus.state !== 'ready') throw new PathfoldError('corpus_empty', corpus.reason ?? 'It was never prepared.');
      return corpus;
    },
    /** An upload that a restart broke off cannot go on: it is gone. */
    async resume(): Promise<void> {
      for (const corpus of await allCorpora(corpora)) {
        if (corpus.state !== 'preparing' || splitting.has(corpus.id)) continue;
        if (corpus.id === STARTER) await begin(corpus, null);
        else await corpora.save({ ...corpus, state: 'failed', reason: 'The coordinator restarted: upload it again.' });
      }
    },
  };
}
export type Library = Awaited<ReturnType<typeof openLibrary>>;
