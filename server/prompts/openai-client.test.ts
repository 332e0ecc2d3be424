import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { scoreOf } from '@pathfold/inference/logprobs';
import { openSession } from '@pathfold/inference/session';
import type { FastifyInstance } from 'fastify';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptServer } from './server.fixture.ts';

let app: FastifyInstance;
let client: OpenAI;
/** Tokens of the run's tokenizer; its net has more rows. */
let vocabularySize: number;
beforeAll(async () => {
  const server = await promptServer();
  app = server.app;
  ({ vocabularySize } = readTokenizer(server.tokenizerJson));
  const baseURL = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1`;
  client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => app.close());

test('several answers of one prompt differ, and are the same again by the same seed', async () => {
  const request = { model: 'r1', prompt: 'The whale', max_tokens: 8, n: 3, seed: 4 };
  const { choices, usage } = await client.completions.create(request);
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  expect(new Set(choices.map(({ text }) => text)).size).toBe(3);
  expect(usage!.completion_tokens).toBe(24);
  expect((await client.completions.create(request)).choices).toEqual(choices);
  const single = await client.completions.create({ ...request, n: 1 });
  expect(single.choices[0]).toEqual(choices[0]);
  expect(usage!.prompt_tokens).toBe(single.usage!.prompt_tokens);
});

test('prompts of a list are answered in their order, as texts and as token ids', async () => {
  const alone = await Promise.all(
    ['The sea', 'sailors'].map((prompt) =>
      client.completions.create({ model: 'r1', prompt, max_tokens: 5, temperature: 0 }),
    ),
  );
  const request = { model: 'r1', max_tokens: 5, temperature: 0 };
  const together = await client.completions.create({ ...request, prompt: ['The sea', 'sailors'] });
  expect(together.choices.map(({ text }) => text)).toEqual(alone.map(({ choices }) => choices[0]!.text));
  expect(together.choices.map(({ index }) => index)).toEqual([0, 1]);
  const ids = [[5, 6, 7], [8]];
  const byIds = await client.completions.create({ ...request, prompt: ids });
  for (const [i, prompt] of ids.entries())
    expect(byIds.choices[i]!.text).toBe((await client.completions.create({ ...request, prompt })).choices[0]!.text);
});

test('an evaluation harness gets the probability of each token of a prompt, as the exported net computes it', async () => {
  const prompt = Array.from({ length: 80 }, (_, i) => 1 + ((7 * i) % (vocabularySize - 1)));
  const { choices } = await client.completions.create({
    ...{ model: 'r1', prompt: [prompt], max_tokens: 1, temperature: 0, logprobs: 3, echo: true, seed: 1234 },
  });
  const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0]!.logprobs!;
  for (const list of [tokens, token_logprobs, top_logprobs, text_offset]) expect(list).toHaveLength(81);
  expect(token_logprobs![0]).toBeNull();

  const file = (await app.inject('/api/v1/runs/r1/export/0.kv.onnx')).rawPayload;
  const session = await openSession(file);
  const read = [0, ...prompt];
  // The context is 32: then the last half of it begins a new one.
  for (const [from, first, last] of [
    [0, 1, 32],
    [17, 33, 49],
    [34, 50, 66],
    [51, 67, 80],
  ] as const) {
    const { logits_TV, vocabulary } = await session.run(read.slice(from, last), session.start);
    for (let at = Math.max(2, first); at <= last; at++) {
      const row = logits_TV.subarray((at - 1 - from) * vocabulary, (at - from) * vocabulary);
      const { logprob, top } = scoreOf(row, vocabularySize, read[at]!, 3);
      expect(token_logprobs![at - 1]).toBeCloseTo(logprob, 4);
      const likeliest = Math.max(...Object.values(top_logprobs![at - 1]!));
      expect(likeliest).toBeCloseTo(top[0]!.logprob, 4);
    }
  }
  await session.release();
  // The token that was written is the likeliest one.
  expect(token_logprobs!.at(-1)).toBe(Math.max(...Object.values(top_logprobs!.at(-1)!)));
});

test('a prompt is echoed before its answer, or alone', async () => {
  const request = { model: 'r1', prompt: 'The whale swam.', temperature: 0 };
  const plain = await client.completions.create({ ...request, max_tokens: 4 });
  const echoed = await client.completions.create({ ...request, max_tokens: 4, echo: true });
  expect(echoed.choices[0]!.text).toBe(request.prompt + plain.choices[0]!.text);
  const alone = await client.completions.create({ ...request, max_tokens: 0, echo: true, logprobs: 0 });
  expect(alone.choices[0]!.text).toBe(request.prompt);
  const { tokens, text_offset } = alone.choices[0]!.logprobs!;
  expect(tokens!.join('')).toBe(request.prompt);
  expect(text_offset!.map((from, i) => request.prompt.slice(from, text_offset![i + 1]))).toEqual(tokens);
});

test('probabilities come with whole answers and with streamed ones, in both dialects', async () => {
  const request = { model: 'r1', prompt: 'The sea', max_tokens: 30, temperature: 0, logprobs: 2 };
  const whole = await client.completions.create(request);
  const told = whole.choices[0]!.logprobs!;
  expect(told.tokens).toHaveLength(30);
  expect(told.token_logprobs!.every((logprob) => logprob < 0)).toBe(true);
  const streamed: string[] = [];
  for await (const { choices } of await client.completions.create({ ...request, stream: true }))
    streamed.push(...(choices[0]?.logprobs?.tokens ?? []));
  expect(streamed).toEqual(told.tokens);

  const chat = await client.chat.completions.create({
    ...{ model: 'r1', messages: [{ role: 'user', content: 'Sing!' }], max_tokens: 6, temperature: 0, n: 2 },
    ...{ logprobs: true, top_logprobs: 4 },
  });
  expect(chat.choices).toHaveLength(2);
  for (const { logprobs, message } of chat.choices) {
    expect(logprobs!.content).toHaveLength(6);
    const bytes = logprobs!.content!.flatMap((token) => token.bytes!);
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(message.content);
    for (const { top_logprobs } of logprobs!.content!) {
      expect(top_logprobs).toHaveLength(4);
      expect(top_logprobs.map(({ logprob }) => logprob)).toEqual(
        top_logprobs.map(({ logprob }) => logprob).toSorted((a, b) => b - a),
      );
    }
  }
});

test('of several answers the likeliest are sent', async () => {
  const request = { model: 'r1', prompt: 'The whale', max_tokens: 5, seed: 2, logprobs: 0 };
  const all = await client.completions.create({ ...request, n: 6 });
  const mean = ({ logprobs }: (typeof all.choices)[0]) => {
    const values = logprobs!.token_logprobs!;
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const best = await client.completions.create({ ...request, n: 2, best_of: 6 });
  const expected = all.choices.toSorted((a, b) => mean(b) - mean(a)).slice(0, 2);
  expect(best.choices.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  expect(best.usage!.completion_tokens).toBe(30);
  // Probabilities that find the likeliest are not told to a client that did not ask for them.
  const { logprobs, ...unasked } = request;
  expect((await client.completions.create({ ...unasked, best_of: 2 })).choices[0]!.logprobs).toBeNull();
});

test('answers of a stream come one after the other, each by its index', async () => {
  const request = { model: 'r1', prompt: ['a', 'the'], max_tokens: 3, n: 2, seed: 3 };
  const whole = await client.completions.create(request);
  const texts = ['', '', '', ''];
  for await (const { choices } of await client.completions.create({ ...request, stream: true }))
    for (const { index, text } of choices) texts[index] += text;
  expect(texts).toEqual(whole.choices.map(({ text }) => text));
});

test('texts have embeddings: the features that routers read', async () => {
  const input = ['The whale swam.', 'The sea was calm.', ''];
  const { data, usage } = await client.embeddings.create({ model: 'r1', input });
  expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
  for (const { embedding } of data) expect(embedding).toHaveLength(32);
  expect(data[0]!.embedding).not.toEqual(data[1]!.embedding);
  expect(data[2]!.embedding.every((value) => value === 0)).toBe(true);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
  const floats = await client.embeddings.create({ model: 'r1', input: input[0]!, encoding_format: 'float' });
  for (const [d, value] of floats.data[0]!.embedding.entries()) expect(data[0]!.embedding[d]).toBeCloseTo(value, 5);
});

test.each([
  ['presence_penalty', { presence_penalty: 0.5 }],
  ['logit_bias', { logit_bias: { 5: 1 } }],
  ['suffix', { suffix: 'end' }],
  ['min_p', { min_p: 0.1 }],
  ['best_of', { n: 3, best_of: 2 }],
  ['best_of', { best_of: 2, stream: true }],
  ['n', { n: 65 }],
  ['n', { n: 33, prompt: ['a', 'b'] }],
  ['logprobs', { logprobs: 21 }],
  ['pathfold', { pathfold: { network: true }, logprobs: 1 }],
  ['pathfold', { pathfold: {}, n: 2 }],
])('a parameter that is not offered is an error that names it: %s', async (param, fields) => {
  const payload = { model: 'r1', prompt: 'x', max_tokens: 1, ...fields };
  const refused = await client.completions.create(payload as OpenAI.CompletionCreateParamsNonStreaming).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ status: 400, param });
});
