import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { openFeatures } from '@pathfold/inference/session';
import type { RouterResource, RunResource } from '@pathfold/protocol/resources';
import type { Router } from '@pathfold/routing/assign/router';
import { servePages } from '../server/pages.ts';
import { promptServer } from '../server/prompts/server.fixture.ts';
import { expect, test as withBrowser } from './browser.ts';

const TEXTS = ['The whale swam', 'the sea was calm', 'sailors sang of', 'and'];
const PROMPTS = [...TEXTS, '', 'the sailors', 'whale whale whale', 'calm and of the', 'a'.repeat(1000)];

/** A coordinator of nothing but prompts and pages, with a 2x2 run whose router knows four texts. */
async function routedServer() {
  const server = await promptServer({ levels: [2, 2].map((experts) => ({ experts, blocks: 1 })), base: { run: 'b1' } });
  const { app, run, blobs } = server;
  const resource: RunResource = {
    ...{ id: run.id, name: run.spec.name, state: 'training', mode: 'sync', spec: run.spec, createdAt: run.createdAt },
    ...{ round: 1, scoredRound: null, pathCount: 4, moduleCount: 6, parameterCount: 0, volunteerCount: 0 },
    ...{ trainLoss: null, validLoss: null, validBitsPerByte: null, baselines: null, perplexity: null },
    ...{ tokens: 0, steps: 0, reason: null, corpus: { id: 'c', name: 'c', licence: 'CC0-1.0' }, baseRun: null },
  };
  app.get('/api/v1/runs', async () => ({ items: [resource], next: null }));
  const shards = run.paths.map(
    (path, i): RouterResource => ({
      ...{ path, version: 1, kind: 'kmeans', documents: 10, tokens: 100, splits: { train: 10, router: 1, test: 1 } },
      domains: [{ name: `domain ${i}`, share: 1 }],
      samples: [`${TEXTS[i]} and so on`],
    }),
  );
  app.get('/api/v1/runs/r1/router', async () => ({ items: shards, next: null }));
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cross-origin-opener-policy', 'same-origin').header('cross-origin-embedder-policy', 'require-corp');
  });
  await servePages(app);

  const features = await openFeatures((await app.inject('/api/v1/runs/r1/export/base-features.onnx')).rawPayload);
  const tokenizer = readTokenizer(server.tokenizerJson);
  const centroids: number[][] = [];
  for (const text of TEXTS) centroids.push([...(await features.feature(tokenizer.encode(text)))]);
  await features.release();
  const width = run.spec.model.width;
  const router: Router = {
    kind: 'kmeans',
    version: 1,
    paths: [...run.paths],
    prefixBytes: 128,
    prefixTokens: run.spec.model.context,
    base: run.base!.map(({ sha256 }) => sha256),
    mean: new Array(width).fill(0),
    scale: new Array(width).fill(1),
    centroids: [centroids],
    biases: [0, 0, 0, 0],
  };
  run.router = await blobs.put(new TextEncoder().encode(JSON.stringify(router)));
  return { ...server, url: await app.listen({ port: 0, host: '127.0.0.1' }) };
}

const test = withBrowser.extend<{ routed: Awaited<ReturnType<typeof routedServer>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  routed: async ({}, use) => {
    const routed = await routedServer();
    await use(routed);
    await routed.app.close();
  },
});

test('the page sends each prompt to the path that the coordinator sends it to, and fetches that path alone', async ({
  routed,
  visitor,
}) => {
  const page = await (await visitor()).newPage();
  const downloads = new Map<string, number>();
  page.on('response', async (response) => {
    const [, file] = /\/export\/(.+)$/.exec(response.url()) ?? [];
    if (file && response.status() === 200) downloads.set(file, (downloads.get(file) ?? 0) + 1);
  });
  await page.goto(`${routed.url}/prompt`);
  await expect(page.getByText('One of 4 paths answers')).toBeVisible();
  expect([...downloads.keys()].filter((file) => file.endsWith('kv.onnx'))).toEqual([]);

  await page.getByRole('slider', { name: 'Longest answer' }).fill('20');
  const crossed = new Set<string>();
  const answers = page.getByRole('log').getByRole('listitem').filter({ hasText: 'seed' });
  for (const [i, prompt] of PROMPTS.entries()) {
    const payload = { model: 'r1', prompt, max_tokens: 1 };
    const { headers } = await routed.app.inject({ method: 'POST', url: '/v1/completions', payload });
    const path = String(headers['x-pathfold-path']);
    crossed.add(path);
    await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(answers.nth(i)).toContainText(`Path ${path} · round 1`);
    await expect(answers.nth(i)).toContainText(`mostly domain ${routed.run.paths.indexOf(path)} (100 %)`);
    await expect(answers.nth(i)).toContainText(/the longest answer was reached|the text ended/);
  }
  // A prompt without a space breaks no layout.
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(crossed.size).toBeGreaterThan(2);
  const wanted = [...crossed].map((path) => `${path}.kv.onnx`);
  expect([...downloads.keys()].filter((file) => file.endsWith('kv.onnx')).toSorted()).toEqual(wanted.toSorted());
  for (const file of [...wanted, 'base-features.onnx']) expect(downloads.get(file)).toBe(1);
});
