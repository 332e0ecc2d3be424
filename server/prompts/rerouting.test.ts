import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { answer } from '@pathfold/inference/answer';
import { type Move, rerouting } from '@pathfold/inference/reroute';
import { inNames, routeText } from '@pathfold/inference/route';
import { openFeatures, openSession } from '@pathfold/inference/session';
import type { MoveNote } from '@pathfold/protocol/answer-notes';
import type { Router } from '@pathfold/routing/assign/router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptServer, publishWanderingRouter } from './server.fixture.ts';

const SPEC = { levels: [2, 2].map((experts) => ({ experts, blocks: 1 })), base: { run: 'b1' } };
const SAMPLING = { temperature: 1.5, topP: 1, topK: null, seed: 4 };
const PROMPT = 'The whale swam, and the sailors sang';

let server: Awaited<ReturnType<typeof promptServer>>;
let router: Router;
let features: Awaited<ReturnType<typeof openFeatures>>;

beforeAll(async () => {
  server = await promptServer(SPEC);
  features = await openFeatures((await server.app.inject('/api/v1/runs/r1/export/base-features.onnx')).rawPayload);
  router = await publishWanderingRouter(server, PROMPT, SAMPLING);
}, 60_000);
afterAll(async () => {
  await features.release();
  await server.app.close();
});

const complete = async (options: object) => {
  const payload = { model: 'r1', prompt: PROMPT, max_tokens: 96, seed: 4, temperature: 1.5, ...options };
  return (await server.app.inject({ method: 'POST', url: '/v1/completions', payload })).json();
};

test('the coordinator moves as the page does: the same function, over the exported graphs', async () => {
  const tokenizer = readTokenizer(server.tokenizerJson);
  const by = { router, tokenizer, features };
  const moves: Move[] = [];
  const first = inNames(router, await routeText(by, PROMPT)).path;
  const sessionAt = rerouting({
    ...{ by, every: 16, prompt: tokenizer.encode(PROMPT), first },
    open: async (path) => openSession((await server.app.inject(`/api/v1/runs/r1/export/${path}.kv.onnx`)).rawPayload),
    onMove: (move) => void moves.push(move),
  });
  let text = '';
  const question = { prompt: PROMPT, maxTokens: 96, stop: [], ...SAMPLING };
  for await (const piece of answer({ sessionAt, tokenizer, context: 32 }, question)) text += piece.text;
  expect(moves.length).toBeGreaterThan(0);

  const { choices, pathfold } = await complete({ pathfold: { reroute_every: 16 } });
  expect(choices[0].text).toBe(text);
  expect(pathfold.path).toBe(first);
  expect(pathfold.moves.map(({ at_token, from, to }: MoveNote) => [at_token, from, to])).toEqual(
    moves.map(({ at, from, path }) => [at, from, path]),
  );
  expect(pathfold.moves[0].reason).toContain(`path ${moves[0]!.path} fits everything read so far better`);
  // Up to the first move it is the answer without re-routing.
  const once = await complete({});
  expect(once.pathfold).toBeUndefined();
  expect(once.choices[0].text).not.toBe(text);
});

test('a stream tells each move where it happens', async () => {
  const whole = await complete({ pathfold: { reroute_every: 16 } });
  const payload = { model: 'r1', prompt: PROMPT, max_tokens: 96, seed: 4, temperature: 1.5, stream: true };
  const response = await server.app.inject({
    ...{ method: 'POST', url: '/v1/completions' },
    payload: { ...payload, pathfold: { reroute_every: 16 } },
  });
  const events = [...response.body.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!));
  expect(events.flatMap(({ pathfold }) => pathfold?.move ?? [])).toEqual(whole.pathfold.moves);
  expect(events.flatMap(({ choices }) => choices.map(({ text }: { text: string }) => text)).join('')).toBe(
    whole.choices[0].text,
  );
});

test.each([7, 1025, 'often'])('reroute_every %s does not fit', async (reroute_every) => {
  expect((await complete({ pathfold: { reroute_every } })).error).toMatchObject({ param: 'pathfold.reroute_every' });
});

test('an answer that visits more paths than are held at once keeps its base to the end', async () => {
  const many = await promptServer({ levels: [3, 2].map((experts) => ({ experts, blocks: 1 })), base: { run: 'b1' } });
  const file = async (name: string) => (await many.app.inject(`/api/v1/runs/r1/export/${name}`)).rawPayload;
  const base = await openFeatures(await file('base-features.onnx'));
  const { paths } = many.run;
  const sessions = await Promise.all(paths.map(async (path) => openSession(await file(`${path}.kv.onnx`))));
  const tokenizer = readTokenizer(many.tokenizerJson);
  const asked = tokenizer.encode(PROMPT);
  const meanOf = async (ids: readonly number[]): Promise<number[]> => {
    const mean = new Array<number>(32).fill(0);
    for (let at = 0; at < ids.length; at += 32) {
      const piece = ids.slice(at, at + 32);
      (await base.feature(piece)).forEach((value, d) => {
        mean[d]! += (value * piece.length) / ids.length;
      });
    }
    return mean;
  };
  // Path k knows what is read when the k-th choice is made.
  const known = [await meanOf(asked)];
  const sessionAt = async (answered: readonly number[]) => {
    const choice = Math.floor(answered.length / 8);
    known[choice] ??= await meanOf([...asked, ...answered]);
    return sessions[choice]!;
  };
  const question = { prompt: PROMPT, maxTokens: 48, stop: [], ...SAMPLING };
  let text = '';
  for await (const piece of answer({ sessionAt, tokenizer, context: 32 }, question)) text += piece.text;
  expect(known).toHaveLength(6);
  await Promise.all([base, ...sessions].map((session) => session.release()));
  const wandering: Router = {
    ...{ kind: 'kmeans', version: 1, paths: [...paths], prefixBytes: 100_000, prefixTokens: 32 },
    ...{ base: many.run.base!.map(({ sha256 }) => sha256), mean: new Array(32).fill(0), scale: new Array(32).fill(1) },
    ...{ centroids: [known], biases: new Array(6).fill(0) },
  };
  many.run.router = await many.blobs.put(new TextEncoder().encode(JSON.stringify(wandering)));
  const payload = { model: 'r1', prompt: PROMPT, max_tokens: 48, seed: 4, temperature: 1.5 };
  const response = await many.app.inject({
    ...{ method: 'POST', url: '/v1/completions' },
    payload: { ...payload, pathfold: { reroute_every: 8 } },
  });
  const { choices, pathfold } = response.json();
  expect(pathfold.moves.map(({ to }: MoveNote) => to)).toEqual(paths.slice(1));
  expect(choices[0].text).toBe(text);
  await many.app.close();
}, 60_000);
