import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, someText, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';
import { expectAnswer } from './answers.ts';
import { damagedBytes, hostileJson, hostileText, SEED } from './hostile.ts';

let test_: TestCoordinator;
beforeAll(async () => {
  test_ = await startTestCoordinator({ limits: { requestsPerMinute: 1e9, corpusBytes: 20 * 1024 * 1024 } });
});
afterAll(() => test_.close());

const good = Buffer.from(someText(40));
const piece: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(good),
  damagedBytes(good),
  fc
    .constantFrom('\n', '\r\n', '\n\n', '\0', '\ufeff', '[', '{"text":', '\ud800', '\u2028')
    .map((text) => Buffer.from(text)),
  fc.record({ text: hostileText, domain: hostileText }).map((line) => Buffer.from(`\n${JSON.stringify(line)}\n`)),
  hostileJson.map((json) => Buffer.from(`\n${JSON.stringify(json)}\n`)),
  hostileText.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }),
  fc.integer({ min: 1, max: 20 }).map((bits) => Buffer.alloc(2 ** bits, '[')),
);
const upload = fc.record({
  type: fc.constantFrom('text/plain', 'application/x-ndjson', 'application/jsonl'),
  body: fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.concat(pieces)),
  name: hostileText,
});

test('a corpus of any bytes is split, or refused for a reason', async () => {
  await fc.assert(
    fc.asyncProperty(upload, async ({ type, body, name }) => {
      const answer = await test_.ask({
        method: 'POST',
        url: '/api/v1/corpora',
        query: { name: Buffer.from(name).toString() },
        headers: { ...asOperator, 'content-type': type },
        payload: body,
      });
      expectAnswer('/api/v1/corpora', {
        status: answer.statusCode,
        type: String(answer.headers['content-type']),
        body: answer.body,
      });
      if (answer.statusCode !== 201) return;
      const url = `/api/v1/corpora/${answer.json<{ id: string }>().id}`;
      const corpus = await until('the split', async () => {
        const now = (await test_.ask({ url })).json<{ state: string; reason: string | null }>();
        return now.state !== 'preparing' && now;
      });
      if (corpus.state === 'failed') expect(corpus.reason).toMatch(/^corpus_/);
      for (const split of ['train', 'valid', 'test']) {
        const page = await test_.ask({ url: `${url}/documents?split=${split}&limit=3` });
        expect(page.statusCode, page.body).not.toBe(500);
      }
      expect((await test_.ask({ method: 'DELETE', url, headers: asOperator })).statusCode).toBe(204);
    }),
    { seed: SEED, numRuns: 30, endOnFailure: true },
  );
}, 300_000);
