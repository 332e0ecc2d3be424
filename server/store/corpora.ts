import type { BlobRef } from '@pathfold/protocol/blob';
import { CorpusResource, type List } from '@pathfold/protocol/resources';
import type { Kysely, Selectable } from 'kysely';
import { type Page, pageOf } from './page.ts';
import type { Tables } from './schema.ts';

/** A corpus with the blobs that hold it, by a name of the host's choice. */
export interface StoredCorpus extends CorpusResource {
  readonly files: Record<string, BlobRef>;
}

export interface Corpora {
  /** Stores a corpus, in place of the one with its id. */
  save(corpus: StoredCorpus): Promise<void>;
  /** Stores a corpus in place of the one with its id; nothing happens when that was deleted. */
  update(corpus: StoredCorpus): Promise<void>;
  get(id: string): Promise<StoredCorpus | null>;
  /** Newest first. */
  list(page: Page): Promise<List<StoredCorpus>>;
  delete(id: string): Promise<void>;
}

const corpusOf = (row: Selectable<Tables['corpora']>): StoredCorpus => ({
  ...CorpusResource.parse({
    id: row.id,
    name: row.name,
    licence: row.licence,
    state: row.state,
    reason: row.reason,
    documentCount: row.document_count,
    textBytes: row.text_bytes,
    badLines: JSON.parse(row.bad_lines),
    domains: JSON.parse(row.domains),
    createdAt: new Date(row.created_at).toISOString(),
  }),
  files: JSON.parse(row.files) as Record<string, BlobRef>,
});

const rowOf = (corpus: StoredCorpus) => ({
  name: corpus.name,
  licence: corpus.licence,
  state: corpus.state,
  reason: corpus.reason,
  document_count: corpus.documentCount,
  text_bytes: corpus.textBytes,
  bad_lines: JSON.stringify(corpus.badLines),
  domains: JSON.stringify(corpus.domains),
  files: JSON.stringify(corpus.files),
  created_at: Date.parse(corpus.createdAt),
});

export const corporaOf = (db: Kysely<Tables>): Corpora => ({
  async save(corpus) {
    const row = rowOf(corpus);
    await db
      .insertInto('corpora')
      .values({ id: corpus.id, ...row })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  },
  async update(corpus) {
    await db.updateTable('corpora').set(rowOf(corpus)).where('id', '=', corpus.id).execute();
  },
  async get(id) {
    // Characters that PostgreSQL cannot hold, nor be asked for.
    if (id.includes('\0')) return null;
    const row = await db.selectFrom('corpora').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? corpusOf(row) : null;
  },
  list: (page) =>
    pageOf(
      page,
      ({ before, limit }) =>
        db.selectFrom('corpora').selectAll().where('seq', '<', before).orderBy('seq', 'desc').limit(limit).execute(),
      corpusOf,
    ),
  async delete(id) {
    await db.deleteFrom('corpora').where('id', '=', id).execute();
  },
});
