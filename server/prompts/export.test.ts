import { createHash } from 'node:crypto';
import { openSession } from '@pathfold/inference/session';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPORTS } from './exports.ts';
import { promptServer } from './server.fixture.ts';

const FILES = [...EXPORTS.keys()].map((format) => `0.${format}`);

describe('exports', () => {
  let server: Awaited<ReturnType<typeof promptServer>>;
  let app: FastifyInstance;
  const get = (file: string, headers = {}) => app.inject({ url: `/api/v1/runs/r1/export/${file}`, headers });
  beforeAll(async () => {
    server = await promptServer();
    app = server.app;
  });
  afterAll(() => app.close());

  test.each(['0.onnx', '0.kv.onnx'])('%s opens in ONNX Runtime', async (file) => {
    const session = await openSession((await get(file)).rawPayload);
    const { logits_TV } = await session.run([0, 1, 2], session.start);
    expect(logits_TV.length).toBe(3 * 320);
  });

  test.each([...FILES, 'tokenizer.json', 'router.json'])(
    '%s has its content hash as ETag and is not sent again',
    async (file) => {
      const response = await get(file);
      expect(response.statusCode).toBe(200);
      const etag = `"${createHash('sha256').update(response.rawPayload).digest('hex')}"`;
      expect(response.headers.etag).toBe(etag);
      expect(response.headers['content-disposition']).toContain(`r1-${file}`);
      const again = await get(file, { 'if-none-match': etag });
      expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
      const head = await app.inject({ method: 'HEAD', url: `/api/v1/runs/r1/export/${file}` });
      expect([head.headers.etag, head.headers['content-length']]).toEqual([etag, String(response.rawPayload.length)]);
    },
  );

  test('tokenizer.json is the tokenizer of the run', async () => {
    expect((await get('tokenizer.json')).body).toBe(server.tokenizerJson);
  });

  test('the modules of a path can be had one by one', async () => {
    const modules = await get('0.modules.json');
    expect(modules.json()).toEqual(server.run.modules);
    expect(modules.headers['x-pathfold-round']).toBe('1');
    expect((await get('7.modules.json')).statusCode).toBe(404);
  });

  test('router.json of a run with one path names it', async () => {
    expect((await get('router.json')).json()).toEqual({ kind: 'single', paths: ['0'] });
  });

  test('a new round makes a new file', async () => {
    const before = (await get('0.safetensors')).headers;
    await server.publish(2);
    const after = (await get('0.safetensors')).headers;
    expect(after.etag).not.toBe(before.etag);
    expect([before['x-pathfold-round'], after['x-pathfold-round']]).toEqual(['1', '2']);
  });

  test.each(['base-features.onnx', '1.onnx', '0-0.onnx', 'x.onnx', '0.bin', '1.f16.gguf', '0.gguf', '0.q5_0.gguf'])(
    '%s is not found',
    async (file) => {
      const response = await get(file);
      expect(response.statusCode).toBe(404);
      expect(response.json().code).toBe('not_found');
    },
  );

  test('a run that does not exist is not found; a private one only by its operator', async () => {
    expect((await app.inject('/api/v1/runs/none/export/0.onnx')).statusCode).toBe(404);
    server.run.spec = { ...server.run.spec, visibility: 'private' };
    for (const file of FILES) expect((await get(file)).statusCode, file).toBe(404);
    expect((await get('router.json')).statusCode).toBe(404);
    expect((await get('router.json', { authorization: 'Bearer operator' })).statusCode).toBe(200);
  });
});
