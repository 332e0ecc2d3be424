import { type Document, textBytes } from './document.ts';
import { declaration, factbook, gutenberg, novel, shakespeare, stateOfTheUnion } from './starter-sources.ts';

/** Stands where a source lost a letter: such documents are left out. */
const LOST_CHARACTER = '\ufffd';

/** A domain keeps about this many bytes, so that none drowns the others. */
const DOMAIN_BYTES = 400_000;

/**
 * The packaged corpus: twelve domains, documents of about 2 to 4 kB, about 4 MB of text in all.
 * Same documents in the same order everywhere. Credits and licences: NOTICE.
 */
export function starterDocuments(): Document[] {
  const sources = [gutenberg, stateOfTheUnion, factbook, novel, shakespeare, declaration];
  const documents = sources.flatMap((source) => source()).filter(({ text }) => !text.includes(LOST_CHARACTER));
  const domains = new Set(documents.map(({ domain }) => domain));
  return [...domains].flatMap((name) => spreadOver(documents.filter(({ domain }) => domain === name)));
}

/** Documents at even distances, so that a large source is represented from its beginning to its end. */
function spreadOver(documents: Document[]): Document[] {
  const bytes = documents.reduce((sum, { text }) => sum + textBytes(text), 0);
  const keep = Math.min(1, DOMAIN_BYTES / bytes);
  return documents.filter((_, index) => Math.floor((index + 1) * keep) > Math.floor(index * keep));
}
