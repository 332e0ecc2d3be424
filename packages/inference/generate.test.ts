import { randomPath } from '@pathfold/checkpoint/random-path.fixture';
import { describe, expect, test } from 'vitest';
import { plainLogits } from './fixtures/plain-llama.ts';
import { generate } from './generate.ts';
import { pathOnnx } from './onnx/path-graph.ts';
import { sampler } from './sample.ts';
import { openSession } from './session.ts';

const greedy = sampler({ temperature: 0, topP: 1, topK: null, seed: 0 });
const path = randomPath({ context: 16 });

const take = async (count: number, prompt: number[]): Promise<number[]> => {
  const session = await openSession(pathOnnx(path, { cached: true }));
  const ids: number[] = [];
  for await (const id of generate(() => session, path.model.context, prompt, greedy)) if (ids.push(id) === count) break;
  return ids;
};

const next = (window: number[]): number => greedy(Float32Array.from(plainLogits(path, window).at(-1)!));

describe('generate', () => {
  test('follows the net, and goes on with the last half of a full context', async () => {
    const prompt = [0, 5, 17, 250];
    let window = [...prompt];
    const expected: number[] = [];
    for (let i = 0; i < 40; i++) {
      const id = next(window);
      expected.push(id);
      window.push(id);
      if (window.length > 16) window = window.slice(-8);
    }
    expect(await take(40, prompt)).toEqual(expected);
  });

  test('reads the end of a prompt that is longer than the context', async () => {
    const prompt = Array.from({ length: 50 }, (_, i) => (i * 37) % 300);
    expect(await take(1, prompt)).toEqual([next(prompt.slice(-16))]);
  });
});
