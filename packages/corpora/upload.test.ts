import { PathfoldError } from '@pathfold/protocol/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from './document.ts';
import { parseUpload, type UploadKind } from './upload.ts';

const LIMITS = { maxBytes: 1_000_000, maxLineBytes: 10_000 };
const utf8 = (text: string) => new TextEncoder().encode(text);

async function* chunked(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function read(bytes: Uint8Array, kind: UploadKind, { size = 7, limits = LIMITS } = {}) {
  const { documents, summary } = parseUpload(chunked(bytes, size), kind, limits);
  const out: Document[] = [];
  for await (const document of documents) out.push(document);
  return { documents: out, summary };
}

async function drain(documents: AsyncIterable<Document>) {
  for await (const _ of documents);
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof PathfoldError ? error.code : String(error)),
  );

describe('jsonl', () => {
  test('reads text and domain; what is not said is domain "text"', async () => {
    const { documents, summary } = await read(
      utf8('{"text":"one","domain":"a"}\r\n\n{"text":"zwölf 🙂","more":1}'),
      'jsonl',
    );
    expect(documents).toEqual([
      { id: 'line-1', domain: 'a', text: 'one' },
      { id: 'line-3', domain: 'text', text: 'zwölf 🙂' },
    ]);
    expect(summary).toEqual({ documentCount: 2, textBytes: 14, badLines: { count: 0, first: [] } });
  });

  test('counts bad lines and reports them by number and reason; the rest goes on', async () => {
    const bytes = Buffer.concat([
      utf8('{"text":"good"}\nnot json\n[1]\n{"text":5}\n{"text":"  "}\n{"text":"x","domain":""}\n"'),
      Uint8Array.from([0xff, 0xfe]),
      utf8('"\n{"text":"also good"}'),
    ]);
    const { documents, summary } = await read(bytes, 'jsonl');
    expect(documents.map(({ text }) => text)).toEqual(['good', 'also good']);
    expect(summary.badLines).toEqual({
      count: 6,
      first: [
        { line: 2, reason: 'not JSON' },
        { line: 3, reason: 'not a JSON object' },
        { line: 4, reason: '"text" is missing or not as it should be' },
        { line: 5, reason: 'no text' },
        { line: 6, reason: '"domain" is missing or not as it should be' },
        { line: 7, reason: 'not UTF-8' },
      ],
    });
  });

  test('reports only the first hundred bad lines', async () => {
    const { summary } = await read(utf8(`${'bad\n'.repeat(250)}{"text":"good"}`), 'jsonl');
    expect(summary.badLines.count).toBe(250);
    expect(summary.badLines.first).toHaveLength(100);
    expect(summary.badLines.first[99]).toEqual({ line: 100, reason: 'not JSON' });
  });

  test('is the same however the bytes are cut', async () => {
    const bytes = utf8('\ufeff{"text":"naïve 🙂"}\n\nbad\n{"text":"b"}\n');
    const whole = await read(bytes, 'jsonl', { size: bytes.length });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (size) => {
        expect(await read(bytes, 'jsonl', { size })).toEqual(whole);
      }),
    );
  });
});

describe('txt', () => {
  test('is cut at blank lines into documents of about 2 to 4 kB; no word is lost', async () => {
    const paragraph = fc
      .array(fc.stringMatching(/^[a-z]{1,80}$/), { minLength: 1, maxLength: 40 })
      .map((lines) => lines.join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(paragraph, { minLength: 1, maxLength: 12 }), async (paragraphs) => {
        const { documents } = await read(utf8(paragraphs.join('\n \r\n\n')), 'txt', { size: 1000 });
        expect(documents.map(({ text }) => text).join('\n\n')).toBe(paragraphs.join('\n\n'));
        for (const { text } of documents) expect(text.length).toBeLessThanOrEqual(4_000);
        for (const { text } of documents.slice(0, -1)) expect(text.length).toBeGreaterThan(700);
      }),
      { numRuns: 50 },
    );
  });

  test('a paragraph without end is cut at line ends', async () => {
    const { documents } = await read(utf8('line of text\n'.repeat(5_000)), 'txt', { size: 4096 });
    expect(documents.length).toBeGreaterThan(15);
    for (const { text } of documents) expect(text.length).toBeLessThanOrEqual(4_000);
  });

  test.each([
    ['a byte that UTF-8 never has', [0x61, 0x0a, 0xff]],
    ['a character that is cut short', [0x61, 0xe2, 0x82]],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
  ])('%s is corpus_not_text', async (_, bytes) => {
    expect(await codeOf(read(Uint8Array.from(bytes), 'txt'))).toBe('corpus_not_text');
  });
});

describe.each(['txt', 'jsonl'] as const)('%s', (kind) => {
  test('a line of a gigabyte is refused at the limit: little more is ever asked for', async () => {
    let sentBytes = 0;
    async function* endless() {
      for (; sentBytes < 1e9; sentBytes += 4096) yield new Uint8Array(4096).fill(0x61);
    }
    const { documents } = parseUpload(endless(), kind, { maxBytes: 2e9, maxLineBytes: 100_000 });
    expect(await codeOf(drain(documents))).toBe('line_too_long');
    expect(sentBytes).toBeLessThan(110_000);
  });

  test('an upload past its limit is too_large', async () => {
    const limits = { maxBytes: 100, maxLineBytes: 1000 };
    expect(await codeOf(read(utf8('{"text":"x"}\n'.repeat(20)), kind, { limits }))).toBe('too_large');
  });

  test.each(['', '\n\n \n', '\ufeff'])('nothing in %j is corpus_empty', async (text) => {
    expect(await codeOf(read(utf8(text), kind))).toBe('corpus_empty');
  });
});

test('an upload of bad lines alone is corpus_empty and says why', async () => {
  await expect(read(utf8('nope\nno\n'), 'jsonl')).rejects.toThrow('2 bad lines, the first: line 1: not JSON');
});
