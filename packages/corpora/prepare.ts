import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type CorpusResource, SPLITS, type Split } from '@pathfold/protocol/resources';
import { type Baselines, baselinesOf } from './baselines.ts';
import { trainTokenizer } from './bpe.ts';
import { type Document, textBytes } from './document.ts';
import { uniformOf } from './hash.ts';
import { scoredPart } from './scoring.ts';
import { encodeTokens, joinDocuments } from './shards.ts';
import { readTokenizer, type Tokenizer } from './tokenizer.ts';

export interface PrepareOptions {
  /** By split: a corpus is split once, when it comes (split.ts). */
  documents: Readonly<Record<Split, readonly Document[]>>;
  /** Tokens of the vocabulary at most: fewer when the text has no more pairs to merge. */
  vocabulary: number;
  /** The run's model's: each split must hold at least one window. */
  context: number;
  /** The start of each document that is scored for nobody. */
  prefixBytes: number;
  /** tokenizer.json of the base that the run starts from; null trains one on the training split. */
  tokenizer: string | null;
  /** Decides the order of the documents in the training stream. */
  seed: number;
  blobs: { put(bytes: Uint8Array): Promise<BlobRef> };
  onProgress?: (progress: PrepareProgress) => void;
}

/** `fraction`: of the whole preparation, 0 to 1. */
export interface PrepareProgress {
  stage: 'training the tokenizer' | 'encoding' | 'counting' | 'storing';
  fraction: number;
}

export interface PreparedCorpus {
  tokenizer: BlobRef;
  vocabularySize: number;
  trainTokens: number;
  /** Token streams of the splits; `domains`: JSON of `DocumentDomains`. */
  documents: Record<Split, BlobRef> & { domains: BlobRef };
  baselines: Baselines;
  domains: CorpusResource['domains'];
  splits: Record<Split, { documentCount: number; textBytes: number; tokens: number; scoredBytes: number }>;
}

/** The domain of each document of each split, in the order of its stream, as an index into `names`. */
export type DocumentDomains = { names: string[] } & Record<Split, number[]>;

/** The tokenizer is trained on at most about this much of the training split, evenly spread. */
const TOKENIZER_BYTES = 32_000_000;

/**
 * Turns documents into what a run needs: a tokenizer trained on the training split, the training shard, the
 * held-out documents, and the baselines. Deterministic. Takes seconds of CPU: call it in a worker thread.
 * Throws PathfoldError corpus_empty, or corpus_too_short when a split is shorter than one window.
 */
export async function prepareCorpus(options: PrepareOptions): Promise<PreparedCorpus> {
  const { documents, vocabulary, context, prefixBytes, seed, blobs, onProgress } = options;
  const report = (stage: PrepareProgress['stage'], fraction: number) => onProgress?.({ stage, fraction });
  const all = SPLITS.flatMap((split) => documents[split]);
  if (!all.some(({ text }) => text.trim() !== '')) throw new PathfoldError('corpus_empty');
  const ordered = { ...documents, train: shuffled(documents.train, seed) };
  const texts = mapSplits((split) => ordered[split].map(({ text }) => text));

  report('training the tokenizer', 0);
  const json = options.tokenizer ?? trainTokenizer(sample(texts.train), vocabulary);
  const tokenizer = readTokenizer(json);

  report('encoding', 0.4);
  const encoded = mapSplits((split) => encodeSplit(texts[split], tokenizer, prefixBytes));
  for (const split of SPLITS) {
    const { tokens, scoredBytes } = encoded[split];
    if (tokens.length <= context || scoredBytes === 0)
      throw new PathfoldError(
        'corpus_too_short',
        `the ${split} split has ${tokens.length} tokens, a window needs ${context + 1}, and text beyond the first ${prefixBytes} bytes of a document`,
      );
  }

  report('counting', 0.7);
  const baselines = baselinesOf(encoded.train.tokens, encoded.test.tokens, tokenizer.byteLengths, {
    prefixBytes,
  });

  report('storing', 0.9);
  const put = (split: Split) => blobs.put(encodeTokens(encoded[split].tokens));
  const summaryOf = (split: Split) => ({
    documentCount: texts[split].length,
    textBytes: texts[split].reduce((sum, text) => sum + textBytes(text), 0),
    tokens: encoded[split].tokens.length,
    scoredBytes: encoded[split].scoredBytes,
  });
  const domains = domainsOf(all);
  const names = domains.map(({ name }) => name);
  const byDocument: DocumentDomains = {
    names,
    ...mapSplits((split) => ordered[split].map(({ domain }) => names.indexOf(domain))),
  };
  return {
    tokenizer: await blobs.put(new TextEncoder().encode(json)),
    vocabularySize: tokenizer.vocabularySize,
    trainTokens: encoded.train.tokens.length,
    documents: {
      train: await put('train'),
      router: await put('router'),
      test: await put('test'),
      domains: await blobs.put(new TextEncoder().encode(JSON.stringify(byDocument))),
    },
    baselines,
    domains,
    splits: mapSplits(summaryOf),
  };
}

/** Documents and bytes of each domain, in order of first appearance. */
export function domainsOf(documents: readonly Document[]): CorpusResource['domains'] {
  const domains = new Map<string, CorpusResource['domains'][number]>();
  for (const { domain, text } of documents) {
    const entry = domains.get(domain) ?? { name: domain, documentCount: 0, textBytes: 0 };
    entry.documentCount++;
    entry.textBytes += textBytes(text);
    domains.set(domain, entry);
  }
  return [...domains.values()];
}

const mapSplits = <T>(of: (split: Split) => T): Record<Split, T> => ({
  train: of('train'),
  router: of('router'),
  test: of('test'),
});

function encodeSplit(
  texts: readonly string[],
  tokenizer: Tokenizer,
  prefixBytes: number,
): { tokens: Uint16Array; scoredBytes: number } {
  const documents = texts.map((text) => Uint16Array.from(tokenizer.encode(text)));
  const scoredBytes = documents.reduce(
    (sum, ids) => sum + scoredPart(ids, tokenizer.byteLengths, prefixBytes).bytes,
    0,
  );
  return { tokens: joinDocuments(documents), scoredBytes };
}

const shuffled = (documents: readonly Document[], seed: number): Document[] =>
  documents
    .map((document, index) => ({ document, at: uniformOf(seed, index) }))
    .sort((a, b) => a.at - b.at)
    .map(({ document }) => document);

function sample(texts: readonly string[]): string[] {
  const every = Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / TOKENIZER_BYTES);
  return texts.filter((_, index) => index % every === 0);
}
