import type { CorpusResource, DocumentResource, List, RunResource } from '@pathfold/protocol/resources';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeDocuments } from '../preparation/documents.ts';
import {
  asOperator,
  someText,
  startTestCoordinator,
  type TestCoordinator,
  TINY,
  until,
} from '../testing/coordinator.ts';

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

test('a page of documents ends at about a megabyte, and begins where a document does', async () => {
  const { store } = coordinator.coordinator;
  const texts = [600_000, 300_000, 600_000, 2_000_000, 10].map((length, i) => `${i}`.repeat(length));
  const documents = texts.map((text, i) => ({ id: `d${i}`, domain: 'long', text }));
  const test = await coordinator.coordinator.blobs.put(writeDocuments(documents));
  await store.corpora.save({
    ...{ id: 'long', name: 'long', licence: '', state: 'ready', reason: null, documentCount: 5, textBytes: 0 },
    ...{ badLines: { count: 0, first: [] }, domains: [], createdAt: '2026-11-20T10:00:00.000Z', files: { test } },
  });
  const url = (cursor: string) => `/api/v1/corpora/long/documents?split=test&limit=200&cursor=${cursor}`;
  const pages: string[][] = [];
  for (let cursor: string | null = '0'; cursor !== null; ) {
    const page: List<DocumentResource> = await get(url(cursor));
    pages.push(page.items.map(({ id }) => id));
    cursor = page.next;
  }
  expect(pages).toEqual([['d0', 'd1'], ['d2'], ['d3'], ['d4']]);
  for (const cursor of ['1', '600001', `${test.bytes}`, '999999999'])
    expect((await get<{ code: string }>(url(cursor))).code).toBe('bad_request');
  await store.corpora.delete('long');
});

test('a corpus that only private runs use is for operators only', async () => {
  const { id } = (await upload(someText(60))).json<CorpusResource>();
  const create = async (visibility: 'private' | 'public') => {
    const payload = { ...TINY, corpus: id, visibility };
    const answer = await coordinator.ask({ method: 'POST', url: '/api/v1/runs', headers: asOperator, payload });
    return answer.json<RunResource>().id;
  };
  const remove = (url: string) => coordinator.ask({ method: 'DELETE', url, headers: asOperator });
  const seen = async (headers: Record<string, string> = {}) => {
    await coordinator.coordinator.library.ready(id);
    const urls = [`/api/v1/corpora/${id}`, `/api/v1/corpora/${id}/documents?split=test`];
    const answers = await Promise.all(urls.map((url) => coordinator.ask({ url, headers })));
    const list = (await coordinator.ask({ url: '/api/v1/corpora', headers })).json<List<CorpusResource>>();
    return [list.items.some((corpus) => corpus.id === id), ...answers.map(({ statusCode }) => statusCode === 200)];
  };
  expect(await seen()).toEqual([true, true, true]);
  const hidden = await create('private');
  expect(await seen()).toEqual([false, false, false]);
  expect(await seen(asOperator)).toEqual([true, true, true]);
  const shown = await create('public');
  expect(await seen()).toEqual([true, true, true]);
  for (const run of [hidden, shown]) await remove(`/api/v1/runs/${run}`);
  await remove(`/api/v1/corpora/${id}`);
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
