import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';

const LINE_BYTES = 1e9;
const CHUNK = Buffer.alloc(1024 * 1024, 'x');
/** The longest line that is taken, what is under way, and what the collector has not come to. */
const MOST_GROWTH_BYTES = 200e6;

let coordinator: TestCoordinator;
let origin: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator();
  origin = await coordinator.listen();
});
afterAll(() => coordinator.close());

/** Sends one line of 1 GB until somebody objects; answers what was said, and how much the process grew meanwhile. */
const sendGiantLine = (type: string) =>
  new Promise<{ status: number; body: string; growth: number; sent: number }>((resolve, reject) => {
    const before = process.memoryUsage.rss();
    let [growth, sent] = [0, 0];
    const put = request(
      `${origin}/api/v1/corpora?name=giant`,
      { method: 'POST', headers: { ...asOperator, 'content-type': type, 'content-length': LINE_BYTES } },
      async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        put.destroy();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString(), growth, sent });
      },
    );
    put.on('error', reject);
    const more = () => {
      while (sent < LINE_BYTES && !put.destroyed) {
        growth = Math.max(growth, process.memoryUsage.rss() - before);
        const chunk = CHUNK.subarray(0, Math.min(CHUNK.length, LINE_BYTES - sent));
        sent += chunk.length;
        if (!put.write(chunk)) return put.once('drain', more);
      }
      return put.end();
    };
    more();
  });

for (const type of ['application/x-ndjson', 'text/plain'])
  test(`a line of 1 GB in ${type} is refused by its number, in bounded memory, and the next upload is taken`, async () => {
    const { status, body, growth, sent } = await sendGiantLine(type);
    expect(JSON.parse(body)).toMatchObject({
      code: 'line_too_long',
      detail: expect.stringMatching(/^line 1 is longer/),
    });
    expect(status).toBe(413);
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
    expect(sent).toBeGreaterThan(16 * 1024 * 1024);
    const next = await coordinator.ask({
      method: 'POST',
      url: '/api/v1/corpora?name=next',
      headers: { ...asOperator, 'content-type': type },
      payload: '{"text":"a few words"}\n',
    });
    expect(next.statusCode).toBe(201);
  });
