import { fileURLToPath } from 'node:url';
import { pathModules } from '@pathfold/checkpoint/levels';
import { prefixLength } from '@pathfold/corpora/scoring';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { documents } from '@pathfold/inference/documents.fixture';
import { openFeatures } from '@pathfold/inference/session';
import type { MoveNote } from '@pathfold/protocol/answer-notes';
import type { RouterResource, RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { assignPath } from '@pathfold/routing/assign/assign';
import type { Router } from '@pathfold/routing/assign/router';
import { fitKmeans } from '@pathfold/routing/fit/fit';
import { rowOf } from '@pathfold/routing/fit/rows';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { features } from '@pathfold/training/features';
import { formatBytes } from '@pathfold/ui/formats';
import type { Page } from '@playwright/test';
import { bundled } from '../packages/bench/browser-page.ts';
import { servePages } from '../server/pages.ts';
import { promptServer, publishWanderingRouter } from '../server/prompts/server.fixture.ts';
import { expectAccessible } from './accessible.ts';
import { expect, test as withBrowser } from './browser.ts';
import type { PathsOf } from './routing-page.ts';

const TEXTS = ['The whale swam', 'the sea was calm', 'sailors sang of', 'and'];
const PROMPTS = [...TEXTS, '', 'the sailors', 'whale whale whale', 'calm and of the', 'a'.repeat(1000)];

/** A coordinator of nothing but prompts and pages, with a 2x2 run whose router knows four texts. */
async function routedServer() {
  const server = await promptServer({ levels: [2, 2].map((experts) => ({ experts, blocks: 1 })), base: { run: 'b1' } });
  const { app, run, blobs } = server;
  const resource: RunResource = {
    ...{ id: run.id, name: run.spec.name, state: 'training', mode: 'sync', spec: run.spec, createdAt: run.createdAt },
    ...{
      round: 1,
      keptRounds: [1],
      rollbacks: 0,
      scoredRound: null,
      scoreConfirmed: null,
      pathCount: 4,
      moduleCount: 6,
      parameterCount: 0,
      volunteerCount: 0,
    },
    ...{ trainLoss: null, validLoss: null, validBitsPerByte: null, baselines: null, perplexity: null },
    ...{ tokens: 0, steps: 0, reason: null, corpus: { id: 'c', name: 'c', licence: 'CC0-1.0' }, baseRun: null },
  };
  app.get('/api/v1/runs', async () => ({ items: [resource], next: null }));
  const shards = run.paths.map(
    (path, i): RouterResource => ({
      ...{ path, version: 1, kind: 'kmeans', grown: false, documents: 10, tokens: 100, confirmed: true },
      splits: { train: 10, router: 1, test: 1 },
      domains: [{ name: `domain ${i}`, share: 1 }],
      samples: [`${TEXTS[i]} and so on`],
    }),
  );
  app.get('/api/v1/runs/r1/router', async () => ({ items: shards, next: null }));
  app.get<{ Params: { sha256: string } }>('/api/v1/blobs/:sha256', async ({ params }, reply) =>
    reply.type('application/octet-stream').send(Buffer.from((await blobs.get(params.sha256))!)),
  );
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cross-origin-opener-policy', 'same-origin').header('cross-origin-embedder-policy', 'require-corp');
  });
  await servePages(app);

  app.get('/page.js', async (_request, reply) => {
    const files = await bundled(fileURLToPath(new URL('routing-page.ts', import.meta.url)));
    return reply.type('text/javascript').send(files.get('/page.js'));
  });

  const base = await openFeatures((await app.inject('/api/v1/runs/r1/export/base-features.onnx')).rawPayload);
  const tokenizer = readTokenizer(server.tokenizerJson);
  const { width, context } = run.spec.model;
  const centroids: number[][] = [];
  for (const text of TEXTS) centroids.push([...(await base.feature(tokenizer.encode(text)))]);
  await base.release();
  const router: Router = {
    kind: 'kmeans',
    version: 1,
    paths: [...run.paths],
    prefixBytes: 128,
    prefixTokens: context,
    base: run.base!.map(({ sha256 }) => sha256),
    mean: new Array(width).fill(0),
    scale: new Array(width).fill(1),
    centroids: [centroids],
    biases: [0, 0, 0, 0],
  };
  run.router = await blobs.put(new TextEncoder().encode(JSON.stringify(router)));
  return { ...server, url: await app.listen({ port: 0, host: '127.0.0.1' }) };
}

type Routed = Awaited<ReturnType<typeof routedServer>>;

const test = withBrowser.extend<{ routed: Routed }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern
  routed: async ({}, use) => {
    const routed = await routedServer();
    await use(routed);
    await routed.app.close();
  },
});

/** The downloads of a page, by the last part of the address: the bytes of each time. */
const downloadsOf = (page: Page): Map<string, number[]> => {
  const downloads = new Map<string, number[]>();
  page.on('response', (response) => {
    const [, file] = /\/(?:export|blobs)\/(.+)$/.exec(response.url()) ?? [];
    const bytes = Number(response.headers()['content-length']);
    if (file && response.status() === 200) downloads.set(file, [...(downloads.get(file) ?? []), bytes]);
  });
  return downloads;
};

/** The modules of some paths, by hash. */
const modulesOf = ({ run }: Routed, paths: Iterable<string>): string[] => {
  const { model } = run.spec;
  const names = [...paths].flatMap((path) => pathModules(model, levelsOf(run.spec), path).map(({ name }) => name));
  return run.modules.flatMap(({ name, sha256 }) => (names.includes(name) ? sha256 : [])).toSorted();
};

test('the page sends each prompt to the path that the coordinator sends it to, and fetches that path alone', async ({
  routed,
  visitor,
}) => {
  const page = await (await visitor()).newPage();
  const downloads = downloadsOf(page);
  const modules = () => [...downloads.keys()].filter((file) => /^[0-9a-f]{64}$/.test(file)).toSorted();
  const bytesOf = (files: string[]) => files.flatMap((file) => downloads.get(file)!).reduce((sum, n) => sum + n, 0);
  await page.goto(`${routed.url}/prompt`);
  await expect(page.getByText('One of 4 paths answers')).toBeVisible();
  expect(modules()).toEqual([]);

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
    // A module that two paths cross comes once.
    expect(modules()).toEqual(modulesOf(routed, crossed));
    const ofPath = routed.run.modules.filter(({ sha256 }) => modulesOf(routed, [path]).includes(sha256));
    const bytes = ofPath.reduce((sum, { bytes }) => sum + bytes, 0);
    await expect(answers.nth(i)).toContainText(formatBytes(bytes));
    if (i === 0) expect(bytesOf(modules())).toBe(bytes);
  }
  // A prompt without a space breaks no layout.
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(crossed.size).toBeGreaterThan(2);
  for (const file of [...modules(), 'base-features.onnx', 'router.json']) expect(downloads.get(file)).toHaveLength(1);
});

test('a long answer changes its path where the coordinator’s does, fetches what is missing, and says why', async ({
  routed,
  visitor,
}) => {
  const prompt = 'The whale swam, and the sailors sang';
  const sampling = { max_tokens: 100, temperature: 1.5, top_p: 1, seed: 4 };
  const complete = async (pathfold: object) => {
    const payload = { model: 'r1', prompt, ...sampling, pathfold };
    return (await routed.app.inject({ method: 'POST', url: '/v1/completions', payload })).json();
  };
  // Another path knows what the model says to the prompt: the answer does not stay where it began.
  await publishWanderingRouter(routed, prompt, { temperature: 1.5, topP: 1, topK: null, seed: 4 });
  const { path, moves }: { path: string; moves: MoveNote[] } = (await complete({ reroute_every: 16 })).pathfold;
  expect(path).toBe('1-1');
  expect(moves.length).toBeGreaterThan(0);

  const page = await (await visitor()).newPage();
  const downloads = downloadsOf(page);
  await page.goto(`${routed.url}/prompt`);
  await expect(page.getByText('One of 4 paths answers')).toBeVisible();
  await page.getByRole('slider', { name: 'Longest answer' }).fill('100');
  await page.getByRole('slider', { name: 'Temperature' }).fill('1.5');
  await page.getByRole('slider', { name: 'Top-p' }).fill('1');
  await page.getByRole('textbox', { name: 'Seed' }).fill('4');
  // By the keyboard alone.
  await page.getByLabel('Choose the path again while it answers').press('Space');
  await page.getByRole('slider', { name: 'Choose again every' }).fill('16');
  await page.getByRole('textbox', { name: 'Prompt' }).fill(prompt);
  await page.getByRole('textbox', { name: 'Prompt' }).press('Enter');
  await expect(page.getByRole('log')).toContainText(/the longest answer was reached|the text ended/);
  const told = await page.getByRole('list', { name: 'Changes of path' }).getByRole('listitem').allTextContents();
  expect(told.map((text) => text.split('.')[0])).toEqual(
    moves.map(({ at_token, from, to }) => `After ${at_token} tokens: path ${to} goes on, no longer ${from}`),
  );
  expect(told[0]).toContain('Everything read so far is nearer to the texts of this path.');
  expect(told[0]).toMatch(/kB of modules fetched, \d+ ms/);
  const modules = [...downloads.keys()].filter((file) => /^[0-9a-f]{64}$/.test(file)).toSorted();
  expect(modules).toEqual(modulesOf(routed, [path, ...moves.map(({ to }) => to)]));
  for (const file of modules) expect(downloads.get(file)).toHaveLength(1);
  await expectAccessible(page);
});

/** The features that volunteers compute of the documents' prefixes. */
async function trainedFeatures({ run, blobs, tokenizerJson }: Routed) {
  const { model } = run.spec;
  const tokenizer = readTokenizer(tokenizerJson);
  const prefix = { prefixBytes: 128, prefixTokens: model.context };
  const modules = await Promise.all(run.base!.map(async ({ sha256 }) => (await blobs.get(sha256))!));
  const executor = await openExecutor('wasm');
  const values = await features({
    executor,
    path: { model, modules: pathModules(model, [{ experts: 1, blocks: model.blocks }], '0') },
    theta: new Float32Array(await new Blob(modules as Uint8Array<ArrayBuffer>[]).arrayBuffer()),
    documents: documents.map((text) => {
      const ids = tokenizer.encode(text);
      return ids.slice(0, prefixLength(ids, tokenizer.byteLengths, prefix));
    }),
    prefixTokens: model.context,
  });
  executor.dispose();
  const about = { version: 2, paths: [...run.paths], base: run.base!.map(({ sha256 }) => sha256), ...prefix };
  return { about, features: { values, width: model.width } };
}

test('a page in Chromium sends 1,000 documents where the trainer does', async ({ routed, visitor }) => {
  const trained = await trainedFeatures(routed);
  const router = fitKmeans({ ...trained, weights: documents.map(({ length }) => 1 + length), seed: 1 });
  routed.run.router = await routed.blobs.put(new TextEncoder().encode(JSON.stringify(router)));
  const page = await (await visitor()).newPage();
  await page.goto(`${routed.url}/prompt`);
  await page.addScriptTag({ url: '/page.js', type: 'module' });
  await page.waitForFunction(() => 'pathsOf' in window);
  const there = await page.evaluate(
    (texts) => (window as unknown as { pathsOf: PathsOf }).pathsOf('r1', texts),
    documents,
  );
  const here = documents.map((_, d) => router.paths[assignPath(router, rowOf(trained.features, d))]);
  expect(there).toEqual(here);
  for (const path of routed.run.paths) expect(here.filter((one) => one === path).length).toBeGreaterThan(100);
});
