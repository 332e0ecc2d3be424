import type { CorpusResource, DocumentResource, List } from '@pathfold/protocol/resources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, someText, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ limits: { corpusBytes: 200_000 } });
}, 60_000);
afterAll(() => coordinator.close());

const upload = (payload: string | Buffer, type = 'application/x-ndjson', query = 'name=mine&licence=CC0') =>
  coordinator.ask({
    method: 'POST',
    url: `/api/v1/corpora?${query}`,
    headers: { ...asOperator, 'content-type': type },
    payload,
  });
const get = async <T>(url: string) => (await coordinator.ask({ url })).json<T>();

test('an upload is split; its bad lines are counted and reported by number', async () => {
  const lines = someText(60).split('\n');
  lines.splice(3, 0, '{"nothing":1}', 'not json');
  const answer = await upload(lines.join('\n'));
  expect(answer.statusCode).toBe(201);
  const { id, badLines } = answer.json<CorpusResource>();
  expect(badLines.count).toBe(2);
  expect(badLines.first.map(({ line }) => line)).toEqual([4, 5]);
  const corpus = await until('the split', async () => {
    const now = await get<CorpusResource>(`/api/v1/corpora/${id}`);
    return now.state === 'ready' && now;
  });
  expect(corpus).toMatchObject({ name: 'mine', licence: 'CC0', documentCount: 60, badLines: { count: 2 } });

  const texts = new Set<string>();
  for (const split of ['train', 'router', 'test']) {
    let cursor: string | null = '0';
    while (cursor !== null) {
      const url: string = `/api/v1/corpora/${id}/documents?split=${split}&limit=7&cursor=${cursor}`;
      const page: List<DocumentResource> = await get(url);
      expect(page.items.length).toBeLessThanOrEqual(7);
      for (const { text } of page.items) texts.add(text);
      cursor = page.next;
    }
  }
  expect(texts.size).toBe(60);
  expect((await get<{ code: string }>(`/api/v1/corpora/${id}/documents?split=all`)).code).toBe('bad_request');
  const deleted = await coordinator.ask({ method: 'DELETE', url: `/api/v1/corpora/${id}`, headers: asOperator });
  expect(deleted.statusCode).toBe(204);
  expect((await get<{ code: string }>(`/api/v1/corpora/${id}`)).code).toBe('not_found');
});

test.each([
  ['nothing', '', 'text/plain', 422, 'corpus_empty'],
  ['only bad lines', '1\n2\n', 'application/x-ndjson', 422, 'corpus_empty'],
  ['what is not UTF-8', Buffer.from([0x61, 0xff, 0xfe, 0x0a]), 'text/plain', 422, 'corpus_not_text'],
  ['more than is allowed', 'a line of text\n'.repeat(20_000), 'text/plain', 413, 'too_large'],
  ['another type', '<p>', 'text/html', 415, 'unsupported_media_type'],
  ['JSON, which nobody reads whole', '{broken', 'application/json', 415, 'unsupported_media_type'],
])('an upload of %s is refused', async (_what, payload, type, status, code) => {
  const answer = await upload(payload, type);
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
});

test('a corpus that is deleted while it is split stays deleted', async () => {
  const { id } = (await upload(someText(60))).json<CorpusResource>();
  const deleted = await coordinator.ask({ method: 'DELETE', url: `/api/v1/corpora/${id}`, headers: asOperator });
  expect(deleted.statusCode).toBe(204);
  await expect(coordinator.coordinator.library.ready(id)).rejects.toThrow(`There is no corpus ${id}`);
});

test('an upload needs a name and an operator', async () => {
  expect((await upload('text', 'text/plain', 'name=')).json().code).toBe('bad_request');
  const answer = await coordinator.ask({
    method: 'POST',
    url: '/api/v1/corpora?name=x',
    headers: { 'content-type': 'text/plain' },
    payload: 'text',
  });
  expect(answer.json().code).toBe('unauthorized');
});
