import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { ChatBody, CompletionBody } from './openai-schema.ts';
import { promptServer } from './server.fixture.ts';

const post = (app: FastifyInstance, url: string, payload: object, headers = {}) =>
  app.inject({ method: 'POST', url, payload, headers });

/** Those of a union stand once for each of its members. */
const countIssues = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => sum + 1 + ('errors' in issue ? countIssues(issue.errors.flat()) : 0), 0);

/** The data of server-sent events, parsed; the last one must be `[DONE]`. */
const eventsOf = (body: string) => {
  const data = body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''));
  expect(data.pop()).toBe('[DONE]');
  return data.map((text) => JSON.parse(text));
};

describe('an open coordinator', () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    ({ app } = await promptServer());
  });
  afterAll(() => app.close());

  test('lists runs as models', async () => {
    const { data } = (await app.inject('/v1/models')).json();
    expect(data).toEqual([{ id: 'r1', object: 'model', created: 1767323045, owned_by: 'pathfold' }]);
    expect((await app.inject('/v1/models/r1')).json()).toEqual(data[0]);
    expect((await app.inject('/v1/models/other')).json().error.code).toBe('not_found');
  });

  test('completes a prompt and names the path', async () => {
    const request = { model: 'r1', prompt: 'The whale', max_tokens: 12, seed: 5, temperature: 0.9, top_p: 0.95 };
    const response = await post(app, '/v1/completions', request);
    expect(response.statusCode).toBe(200);
    expect(response.headers['x-pathfold-path']).toBe('0');
    const answer = response.json();
    expect(answer).toMatchObject({ object: 'text_completion', model: 'r1', choices: [{ index: 0, logprobs: null }] });
    expect(answer.id).toMatch(/^cmpl-/);
    const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
    expect(completion_tokens).toBe(12);
    expect(total_tokens).toBe(prompt_tokens + completion_tokens);
    expect(answer.choices[0].finish_reason).toBe('length');

    const again = (await post(app, '/v1/completions', request)).json();
    expect(again.choices).toEqual(answer.choices);
    const other = (await post(app, '/v1/completions', { ...request, seed: 6 })).json();
    expect(other.choices).not.toEqual(answer.choices);
  });

  test('streams the same text', async () => {
    const request = { model: 'r1', prompt: 'The sea', max_tokens: 40, seed: 1 };
    const whole = (await post(app, '/v1/completions', request)).json();
    const response = await post(app, '/v1/completions', {
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers['content-type']).toContain('text/event-stream');
    const events = eventsOf(response.body);
    expect(events.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    const choices = events.flatMap((event) => event.choices);
    expect(choices.map((choice) => choice.text).join('')).toBe(whole.choices[0].text);
    expect(choices.at(-1).finish_reason).toBe(whole.choices[0].finish_reason);
    expect(choices.slice(0, -1).every((choice) => choice.finish_reason === null)).toBe(true);
    expect(new Set(events.map((event) => event.id)).size).toBe(1);
  });

  test('chats, with and without streaming', async () => {
    const request = {
      model: 'r1',
      messages: [
        { role: 'system', content: 'You are a sailor.' },
        { role: 'user', content: [{ type: 'text', text: 'Sing!' }] },
      ],
      max_completion_tokens: 10,
      seed: 2,
    };
    const whole = (await post(app, '/v1/chat/completions', request)).json();
    expect(whole).toMatchObject({ object: 'chat.completion', choices: [{ message: { role: 'assistant' } }] });
    const events = eventsOf((await post(app, '/v1/chat/completions', { ...request, stream: true })).body);
    expect(events[0]).toMatchObject({ object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant' } }] });
    const text = events.map((event) => event.choices[0].delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0].message.content);
    expect(events.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'length' });
  });

  test('tolerates what clients send beside, and nulls', async () => {
    const response = await post(app, '/v1/completions', {
      model: 'r1',
      prompt: ['The'],
      max_tokens: 2,
      temperature: null,
      stop: null,
      n: 1,
      user: 'someone',
      presence_penalty: 0,
      logit_bias: {},
    });
    expect(response.statusCode).toBe(200);
  });

  test('takes token ids as a prompt and refuses unknown ones', async () => {
    expect((await post(app, '/v1/completions', { model: 'r1', prompt: [3, 4, 5], max_tokens: 1 })).statusCode).toBe(
      200,
    );
    const bad = await post(app, '/v1/completions', { model: 'r1', prompt: [319], max_tokens: 1 });
    expect(bad.statusCode).toBe(400);
    expect(bad.json().error).toMatchObject({ type: 'invalid_request_error', code: 'bad_request' });
  });

  test('stops before a stop sequence', async () => {
    const request = { model: 'r1', prompt: 'The whale', max_tokens: 60, seed: 3 };
    const { text } = (await post(app, '/v1/completions', request)).json().choices[0];
    const stop = text.slice(5, 8);
    const cut = (await post(app, '/v1/completions', { ...request, stop })).json();
    expect(cut.choices[0]).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
  });

  test.each([
    ['max_tokens', { max_tokens: 0 }],
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: 'hot' }],
    ['prompt', { prompt: 7 }],
    ['model', { model: 5 }],
  ])('names the field that does not fit: %s', async (param, fields) => {
    const response = await post(app, '/v1/completions', { model: 'r1', prompt: 'x', ...fields });
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toMatchObject({ param, code: 'bad_request' });
  });

  test.each([
    ['ids that are none', CompletionBody, { prompt: new Array(100_000).fill(-1) }],
    ['more ids than a prompt may have', CompletionBody, { prompt: new Array(300_000).fill(1) }],
    ['ids in a list of their own', CompletionBody, { prompt: [new Array(100_000).fill('a')] }],
    ['stop sequences that are none', CompletionBody, { stop: new Array(100_000).fill(7) }],
    ['messages that are none', ChatBody, { messages: new Array(100_000).fill(7) }],
    ['parts that are none', ChatBody, { messages: [{ role: 'user', content: new Array(50).fill(7) }] }],
    ['more parts than a message may have', ChatBody, { messages: [{ role: 'user', content: new Array(1e5).fill(7) }] }],
  ])('refuses %s by one issue, however long the list', (_name, body, fields) => {
    const { error } = body.safeParse({ model: 'r1', ...fields });
    expect(countIssues(error!.issues)).toBeLessThan(10);
  });

  test('answers 404 for an unknown model, 400 for what is not JSON', async () => {
    expect((await post(app, '/v1/completions', { model: 'none', prompt: '' })).statusCode).toBe(404);
    const response = await app.inject({
      method: 'POST',
      url: '/v1/completions',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().error.type).toBe('invalid_request_error');
  });

  test('more prompts than may wait are refused with 429, the others answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        app.inject({
          ...{ method: 'POST', url: '/v1/completions', remoteAddress: `192.0.2.${i}` },
          payload: { model: 'r1', prompt: 'a', max_tokens: 30 },
        }),
      ),
    );
    const codes = answers.map(({ statusCode }) => statusCode);
    expect(codes.filter((code) => code === 200).length).toBeGreaterThanOrEqual(16);
    const refused = answers.filter(({ statusCode }) => statusCode === 429);
    expect(codes.filter((code) => code === 200).length + refused.length).toBe(24);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.headers['retry-after']).toBe('1');
    expect(refused[0]!.json().error).toMatchObject({ type: 'rate_limit_error', code: 'queue_full' });
  });
});
