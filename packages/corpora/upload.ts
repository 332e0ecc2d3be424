import { PathfoldError } from '@pathfold/protocol/errors';
import type { CorpusResource } from '@pathfold/protocol/resources';
import * as z from 'zod/mini';
import { type Document, textBytes } from './document.ts';
import { type Line, linesOf } from './lines.ts';
import { DocumentCutter, MAX_DOCUMENT_BYTES } from './paragraphs.ts';

export type UploadKind = 'txt' | 'jsonl';

export interface UploadLimits {
  maxBytes: number;
  maxLineBytes: number;
}

/** Grows while the documents are read; complete when they end. */
export interface UploadSummary {
  documentCount: number;
  textBytes: number;
  badLines: CorpusResource['badLines'];
}

const DEFAULT_DOMAIN = 'text';
const REPORTED_BAD_LINES = 100;

/**
 * Reads an upload as a stream; holds no more than one line, one document and one chunk.
 * - `txt`: documents of about 2 to 4 kB, cut at blank lines (at line ends inside a longer paragraph).
 * - `jsonl`: one `{"text", "domain"?}` a line. A line that does not fit is left out, counted, and, for the
 *   first hundred, reported by number and reason. Blank lines are skipped.
 *
 * The iteration throws PathfoldError too_large, line_too_long, corpus_not_text (`txt` that is not UTF-8),
 * or corpus_empty at the end when no document came out.
 */
export function parseUpload(
  chunks: AsyncIterable<Uint8Array>,
  kind: UploadKind,
  limits: UploadLimits,
): { documents: AsyncIterable<Document>; summary: UploadSummary } {
  const summary: UploadSummary = { documentCount: 0, textBytes: 0, badLines: { count: 0, first: [] } };
  const parsed = (kind === 'txt' ? textDocuments : jsonDocuments)(linesOf(chunks, limits), summary.badLines);
  return { documents: counted(parsed, summary), summary };
}

async function* counted(documents: AsyncIterable<Document>, summary: UploadSummary): AsyncGenerator<Document> {
  for await (const document of documents) {
    summary.documentCount++;
    summary.textBytes += textBytes(document.text);
    yield document;
  }
  if (summary.documentCount > 0) return;
  const { count, first } = summary.badLines;
  const why = first[0] ? `; ${count} bad lines, the first: line ${first[0].line}: ${first[0].reason}` : '';
  throw new PathfoldError('corpus_empty', `the upload holds no document${why}`);
}

/** The text of a line, or null when it is not UTF-8. A byte order mark before the first line is no text. */
function decodeLine({ number, bytes }: Line): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: number > 1 }).decode(bytes);
  } catch {
    return null;
  }
}

async function* textDocuments(lines: AsyncIterable<Line>): AsyncGenerator<Document> {
  const cutter = new DocumentCutter();
  let paragraph: string[] = [];
  let paragraphBytes = 0;
  let index = 0;
  const document = (text: string): Document => ({ id: `part-${++index}`, domain: DEFAULT_DOMAIN, text });
  const endParagraph = (): string | null => {
    if (paragraph.length === 0) return null;
    const done = cutter.add(paragraph.join('\n'));
    paragraph = [];
    paragraphBytes = 0;
    return done;
  };
  for await (const line of lines) {
    const text = decodeLine(line)?.trimEnd();
    if (text === undefined) throw new PathfoldError('corpus_not_text', `line ${line.number} is not UTF-8`);
    const bytes = line.bytes.length + 1;
    const done = text === '' || paragraphBytes + bytes > MAX_DOCUMENT_BYTES ? endParagraph() : null;
    if (done) yield document(done);
    if (text === '') continue;
    paragraph.push(text);
    paragraphBytes += bytes;
  }
  for (const done of [endParagraph(), cutter.end()]) if (done) yield document(done);
}

const DocumentLine = z.looseObject({
  text: z.string(),
  domain: z._default(z.string().check(z.minLength(1), z.maxLength(80)), DEFAULT_DOMAIN),
});

async function* jsonDocuments(
  lines: AsyncIterable<Line>,
  badLines: CorpusResource['badLines'],
): AsyncGenerator<Document> {
  for await (const line of lines) {
    const document = parseLine(line);
    if (typeof document !== 'string') {
      if (document) yield document;
      continue;
    }
    badLines.count++;
    if (badLines.first.length < REPORTED_BAD_LINES) badLines.first.push({ line: line.number, reason: document });
  }
}

/** The document of a line, null for a blank line, or why the line is bad. */
function parseLine(line: Line): Document | null | string {
  const json = decodeLine(line);
  if (json === null) return 'not UTF-8';
  if (json.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return 'not JSON';
  }
  const parsed = DocumentLine.safeParse(value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.');
    return field ? `"${field}" is missing or not as it should be` : 'not a JSON object';
  }
  const { text, domain } = parsed.data;
  return text.trim() === '' ? 'no text' : { id: `line-${line.number}`, domain, text };
}
