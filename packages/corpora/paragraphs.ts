/** A document is closed when it has reached this size, and never grows past the maximum unless one paragraph does. */
const DOCUMENT_BYTES = 2_500;
export const MAX_DOCUMENT_BYTES = 4_000;
const MIN_DOCUMENT_BYTES = 1_000;

/** Gathers whole paragraphs into documents of about 2 to 4 kB, in order, as a stream. */
export class DocumentCutter {
  #paragraphs: string[] = [];
  #bytes = 0;

  /** Takes the next paragraph; returns the document that it completes, if any. */
  add(paragraph: string): string | null {
    const bytes = Buffer.byteLength(paragraph) + 2;
    const done = this.#bytes >= DOCUMENT_BYTES || this.#bytes + bytes > MAX_DOCUMENT_BYTES ? this.end() : null;
    this.#paragraphs.push(paragraph);
    this.#bytes += bytes;
    return done;
  }

  /** The document that is still open, if any. */
  end(): string | null {
    if (this.#paragraphs.length === 0) return null;
    const text = this.#paragraphs.join('\n\n');
    this.#paragraphs = [];
    this.#bytes = 0;
    return text;
  }
}

/** Cuts a text at its blank lines into documents of about 2 to 4 kB of whole paragraphs; a short rest joins the last. */
export function cutDocuments(text: string): string[] {
  const cutter = new DocumentCutter();
  const documents: string[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    if (paragraph.trim() === '') continue;
    const done = cutter.add(paragraph.trimEnd());
    if (done) documents.push(done);
  }
  const last = cutter.end();
  if (last === null) return documents;
  const before = documents.at(-1);
  return before && Buffer.byteLength(last) < MIN_DOCUMENT_BYTES
    ? [...documents.slice(0, -1), `${before}\n\n${last}`]
    : [...documents, last];
}
