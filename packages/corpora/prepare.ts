import type { BlobRef } from '@pathfold/protocol/blob';
import { PathfoldError } from '@pathfold/protocol/errors';
import { type CorpusResource, SPLITS, type Split } from '@pathfold/protocol/resources';
import { type Baselines, baselinesOf } from './baselines.ts';
import { trainTokenizer } from './bpe.ts';
import { type Document, textBytes } from './document.ts';
import { uniformOf } from './hash.ts';
import { PREFIX_BYTES, scoredPart } from './scoring.ts';
import { encodeTokens, joinDocuments } from './shards.ts';
import { splitDocuments } from './split.ts';
import { readTokenizer, type Tokenizer } from './tokenizer.ts';

export interface PrepareOptions {
  documents: readonly Document[];
  /** Tokens of the vocabulary at most: fewer when the text has no more pairs to merge. */
  vocabulary: number;
  /** Of the run's model: each split must hold at least one window. */
  context: number;
  /** Decides the order of the documents in the training shard. */
  seed: number;
  blobs: { put(bytes: Uint8Array): Promise<BlobRef> };
  onProgress?: (progress: PrepareProgress) => void;
}

/** `fraction`: of the whole preparation, 0 to 1. */
export interface PrepareProgress {
  stage: 'splitting' | 'training the tokenizer' | 'encoding' | 'counting' | 'storing';
  fraction: number;
}

export interface PreparedCorpus {
  tokenizer: BlobRef;
  vocabularySize: number;
  train: BlobRef;
  trainTokens: number;
  documents: { test: BlobRef; router: BlobRef };
  baselines: Baselines;
  domains: CorpusResource['domains'];
  splits: Record<Split, { documentCount: number; textBytes: number; tokens: number; scoredBytes: number }>;
  /** The split of each document, in the order given. */
  assignment: Split[];
}

/** The tokenizer is trained on at most about this much of the training split, evenly spread. */
const TOKENIZER_BYTES = 32_000_000;

/**
 * Turns documents into what a run needs: a tokenizer trained on the training split, the training shard, the
 * held-out documents, and the baselines. Deterministic. Takes seconds of CPU: call it in a worker thread.
 * Throws PathfoldError corpus_empty, or corpus_too_short when a split is shorter than one window.
 */
export async function prepareCorpus(options: PrepareOptions): Promise<PreparedCorpus> {
  const { documents, vocabulary, context, seed, blobs, onProgress } = options;
  const report = (stage: PrepareProgress['stage'], fraction: number) => onProgress?.({ stage, fraction });
  if (!documents.some(({ text }) => text.trim() !== '')) throw new PathfoldError('corpus_empty');

  report('splitting', 0);
  const assignment = splitDocuments(documents);
  const textsOf = (split: Split) => documents.filter((_, index) => assignment[index] === split).map(({ text }) => text);
  const texts = { train: shuffled(textsOf('train'), seed), router: textsOf('router'), test: textsOf('test') };

  report('training the tokenizer', 0.3);
  const json = trainTokenizer(sample(texts.train), vocabulary);
  const tokenizer = readTokenizer(json);

  report('encoding', 0.6);
  const encoded = {
    train: encodeSplit(texts.train, tokenizer),
    router: encodeSplit(texts.router, tokenizer),
    test: encodeSplit(texts.test, tokenizer),
  };
  for (const split of SPLITS) {
    const { tokens, scoredBytes } = encoded[split];
    if (tokens.length <= context || scoredBytes === 0)
      throw new PathfoldError(
        'corpus_too_short',
        `the ${split} split has ${tokens.length} tokens, a window needs ${context + 1}, and text beyond the first ${PREFIX_BYTES} bytes of a document`,
      );
  }

  report('counting', 0.8);
  const baselines = baselinesOf(encoded.train.tokens, encoded.test.tokens, tokenizer.byteLengths, {
    prefixBytes: PREFIX_BYTES,
  });

  report('storing', 0.9);
  const put = (split: Split) => blobs.put(encodeTokens(encoded[split].tokens));
  const summaryOf = (split: Split) => ({
    documentCount: texts[split].length,
    textBytes: texts[split].reduce((sum, text) => sum + textBytes(text), 0),
    tokens: encoded[split].tokens.length,
    scoredBytes: encoded[split].scoredBytes,
  });
  return {
    tokenizer: await blobs.put(new TextEncoder().encode(json)),
    vocabularySize: tokenizer.vocabularySize,
    train: await put('train'),
    trainTokens: encoded.train.tokens.length,
    documents: { test: await put('test'), router: await put('router') },
    baselines,
    domains: domainsOf(documents),
    splits: { train: summaryOf('train'), router: summaryOf('router'), test: summaryOf('test') },
    assignment,
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

function encodeSplit(texts: readonly string[], tokenizer: Tokenizer): { tokens: Uint16Array; scoredBytes: number } {
  const documents = texts.map((text) => Uint16Array.from(tokenizer.encode(text)));
  const scoredBytes = documents.reduce(
    (sum, ids) => sum + scoredPart(ids, tokenizer.byteLengths, PREFIX_BYTES).bytes,
    0,
  );
  return { tokens: joinDocuments(documents), scoredBytes };
}

const shuffled = (texts: readonly string[], seed: number): string[] =>
  texts
    .map((text, index) => ({ text, at: uniformOf(seed, index) }))
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text);

function sample(texts: readonly string[]): string[] {
  const every = Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / TOKENIZER_BYTES);
  return texts.filter((_, index) => index % every === 0);
}
