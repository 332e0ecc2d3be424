import { createHash } from 'node:crypto';
import { PathfoldError } from '@pathfold/protocol/errors';
import { describe, expect, test } from 'vitest';
import type { Document } from './document.ts';
import { type PrepareProgress, prepareCorpus } from './prepare.ts';
import { PREFIX_BYTES } from './scoring.ts';
import { decodeTokens, documentsOf } from './shards.ts';
import { documentsBySplit } from './split.ts';
import { starterDocuments } from './starter.ts';
import { readTokenizer } from './tokenizer.ts';

function memory() {
  const blobs = new Map<string, Uint8Array>();
  return {
    get: (sha256: string) => blobs.get(sha256)!,
    put: async (bytes: Uint8Array) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      blobs.set(sha256, bytes);
      return { sha256, bytes: bytes.length };
    },
  };
}

const prepare = (documents: Document[], blobs = memory(), seed = 1) =>
  prepareCorpus({
    documents: documentsBySplit(documents),
    vocabulary: 300,
    context: 64,
    prefixBytes: PREFIX_BYTES,
    tokenizer: null,
    seed,
    blobs,
  });

const few = starterDocuments().filter((_, index) => index % 12 === 0);

describe('prepareCorpus', () => {
  test('stores a tokenizer and three splits that decode to the documents', async () => {
    const blobs = memory();
    const prepared = await prepare(few, blobs);
    const parts = documentsBySplit(few);
    const tokenizer = readTokenizer(new TextDecoder().decode(blobs.get(prepared.tokenizer.sha256)));
    for (const split of ['train', 'router', 'test'] as const) {
      const tokens = decodeTokens(blobs.get(prepared.documents[split].sha256));
      const texts = documentsOf(tokens).map((ids) => tokenizer.decode(ids));
      const expected = parts[split].map(({ text }) => text);
      expect(texts.sort()).toEqual(expected.sort());
      expect(prepared.splits[split]).toMatchObject({ documentCount: texts.length, tokens: tokens.length });
    }
    const domains = JSON.parse(new TextDecoder().decode(blobs.get(prepared.documents.domains.sha256)));
    expect(domains.test.map((domain: number) => domains.names[domain])).toEqual(parts.test.map(({ domain }) => domain));
    expect(prepared.trainTokens).toBe(prepared.splits.train.tokens);
    expect(prepared.vocabularySize).toBe(300);
    expect(prepared.domains).toHaveLength(12);
    expect(prepared.domains.reduce((sum, { documentCount }) => sum + documentCount, 0)).toBe(few.length);
  });

  test('encodes with the tokenizer that it is given', async () => {
    const blobs = memory();
    const first = await prepare(few, blobs);
    const tokenizer = new TextDecoder().decode(blobs.get(first.tokenizer.sha256));
    const part = few.slice(0, 60);
    const options = {
      documents: documentsBySplit(part),
      vocabulary: 300,
      context: 64,
      prefixBytes: PREFIX_BYTES,
      seed: 1,
      blobs,
    };
    expect((await prepareCorpus({ ...options, tokenizer })).tokenizer).toEqual(first.tokenizer);
    expect((await prepareCorpus({ ...options, tokenizer: null })).tokenizer).not.toEqual(first.tokenizer);
  });

  test('is deterministic; the seed decides only the order of the training documents', async () => {
    const first = await prepare(few);
    expect(await prepare(few)).toEqual(first);
    const { documents, ...other } = await prepare(few, memory(), 2);
    expect(documents.train.sha256).not.toBe(first.documents.train.sha256);
    const { train, domains } = first.documents;
    expect({ ...other, documents: { ...documents, train, domains } }).toEqual(first);
  });

  test('the bigram is better than the unigram, and both than uniform bytes', async () => {
    const { unigramBitsPerByte, bigramBitsPerByte } = (await prepare(few)).baselines;
    expect(bigramBitsPerByte).toBeLessThan(unigramBitsPerByte);
    expect(unigramBitsPerByte).toBeLessThan(8);
    expect(bigramBitsPerByte).toBeGreaterThan(1);
  });

  test('reports progress that only grows', async () => {
    const seen: PrepareProgress[] = [];
    await prepareCorpus({
      documents: documentsBySplit(few),
      vocabulary: 257,
      context: 64,
      prefixBytes: PREFIX_BYTES,
      tokenizer: null,
      seed: 1,
      blobs: memory(),
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.length).toBe(4);
    expect(seen.map(({ fraction }) => fraction)).toEqual(seen.map(({ fraction }) => fraction).sort());
  });

  const codeOf = async (documents: Document[]) => {
    const error = await prepare(documents).then(
      () => null,
      (error: unknown) => error,
    );
    return error instanceof PathfoldError ? error.code : error;
  };
  const short = (id: string, text: string): Document => ({ id, domain: 'x', text });

  test('no document, or none with text, is corpus_empty', async () => {
    expect(await codeOf([])).toBe('corpus_empty');
    expect(await codeOf([short('1', ''), short('2', ' \n')])).toBe('corpus_empty');
  });

  test('a split shorter than a window is corpus_too_short', async () => {
    expect(await codeOf([short('1', 'one document')])).toBe('corpus_too_short');
    expect(await codeOf(['a', 'b', 'c', 'd'].map((id) => short(id, `${id} is short`)))).toBe('corpus_too_short');
    expect(
      await codeOf(Array.from({ length: 9 }, (_, at) => short(`${at}`, 'the same again and again. '.repeat(99)))),
    ).toBe('corpus_too_short');
  });
});
