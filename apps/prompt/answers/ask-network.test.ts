import { afterEach, expect, test, vi } from 'vitest';
import { askNetwork, type NetworkListener } from './ask-network.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('an answer of the network says its path and which came second, then its text', async () => {
  const chunks = [
    { choices: [], pathfold: { path: '1-0', runner_up: '0-1' } },
    { choices: [{ text: ' whale', finish_reason: null }] },
    { choices: [{ text: '', finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
  ];
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'].map((data) => `data: ${data}\n\n`);
  vi.stubGlobal('fetch', async () => new Response(events.join('')));
  const heard: unknown[] = [];
  const listener: NetworkListener = {
    onRouted: (routed) => heard.push(routed),
    onText: (text, end) => heard.push(end ?? text),
    onWriter: (writer) => heard.push(writer),
  };
  const question = {
    ...{ prompt: 'The', maxTokens: 4, stop: [], temperature: 1 },
    ...{ topP: 1, topK: null, seed: 1 },
  };
  await askNetwork('r1', question, listener, new AbortController().signal);
  expect(heard).toEqual([
    { path: '1-0', runnerUp: '0-1' },
    ' whale',
    { finishReason: 'stop', promptTokens: 1, completionTokens: 2 },
  ]);
});
