import { END_OF_TEXT } from '@pathfold/protocol/blob';

/** One stream of token ids: each document followed by END_OF_TEXT. */
export function joinDocuments(documents: readonly ArrayLike<number>[]): Uint16Array {
  const tokens = new Uint16Array(documents.reduce((sum, ids) => sum + ids.length + 1, 0));
  let at = 0;
  for (const ids of documents) {
    tokens.set(ids, at);
    at += ids.length;
    tokens[at++] = END_OF_TEXT;
  }
  return tokens;
}

/** The documents of a stream, without their END_OF_TEXT; views, not copies. Text after the last END_OF_TEXT is none. */
export function documentsOf(tokens: Uint16Array): Uint16Array[] {
  const documents: Uint16Array[] = [];
  for (let start = 0, end = tokens.indexOf(END_OF_TEXT); end >= 0; end = tokens.indexOf(END_OF_TEXT, start)) {
    documents.push(tokens.subarray(start, end));
    start = end + 1;
  }
  return documents;
}

/** Blob layout of shards and documents: uint16, little-endian. */
export function encodeTokens(tokens: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(tokens.length * 2);
  for (let i = 0; i < tokens.length; i++) {
    bytes[2 * i] = tokens[i]! & 0xff;
    bytes[2 * i + 1] = tokens[i]! >> 8;
  }
  return bytes;
}

/** Reads a shard or documents blob. Throws a RangeError on an odd number of bytes. */
export function decodeTokens(bytes: Uint8Array): Uint16Array {
  if (bytes.length % 2 !== 0) throw new RangeError(`a token blob has an even number of bytes, not ${bytes.length}`);
  return new Uint16Array(bytes.slice().buffer);
}
