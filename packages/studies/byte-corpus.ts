import { trainTokenizer } from '@pathfold/corpora/bpe';
import { FIRST_BYTE_ID, FIRST_MERGE_ID } from '@pathfold/corpora/byte-level';
import type { Document } from '@pathfold/corpora/document';
import { documentsBySplit } from '@pathfold/corpora/split';
import { starterDocuments } from '@pathfold/corpora/starter';
import type { Split } from '@pathfold/protocol/resources';

/** A document of the packaged corpus: one token a byte. */
export interface ByteDocument {
  readonly domain: string;
  readonly ids: Uint16Array;
}

/** The 256 bytes and END_OF_TEXT. */
export const BYTE_VOCABULARY = FIRST_MERGE_ID;

/** tokenizer.json of a vocabulary of bytes alone. */
export const byteTokenizer = (): string => trainTokenizer([], BYTE_VOCABULARY);

let known: Record<Split, ByteDocument[]> | null = null;

/** The packaged corpus in bytes, split as the product splits it. The same everywhere; takes two seconds, once. */
export function byteCorpus(): Readonly<Record<Split, readonly ByteDocument[]>> {
  known ??= splitCorpus();
  return known;
}

function splitCorpus(): Record<Split, ByteDocument[]> {
  const encoder = new TextEncoder();
  const inBytes = ({ domain, text }: Document): ByteDocument => ({
    domain,
    ids: Uint16Array.from(encoder.encode(text), (byte) => FIRST_BYTE_ID + byte),
  });
  const { train, router, test } = documentsBySplit(starterDocuments());
  return { train: train.map(inBytes), router: router.map(inBytes), test: test.map(inBytes) };
}
