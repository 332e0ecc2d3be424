import { describe, expect, test } from 'vitest';
import { type Sampling, sampler } from './sample.ts';

const LOGITS = Float32Array.of(1, 3, 2, -5, 3);
const plain: Sampling = { temperature: 1, topP: 1, topK: null, seed: 7 };

const frequencies = (options: Partial<Sampling>, draws = 20_000): number[] => {
  const sample = sampler({ ...plain, ...options });
  const counts = new Array<number>(LOGITS.length).fill(0);
  for (let i = 0; i < draws; i++) counts[sample(LOGITS)]! += 1 / draws;
  return counts;
};

describe('sampler', () => {
  test('temperature 0 takes the most likely token, the lowest id among equals', () => {
    expect(sampler({ ...plain, temperature: 0 })(LOGITS)).toBe(1);
  });

  test('draws by the softmax of the logits over the temperature', () => {
    const weights = [...LOGITS].map((logit) => Math.exp(logit / 2));
    const sum = weights.reduce((a, b) => a + b);
    frequencies({ temperature: 2 }).forEach((frequency, id) => {
      expect(Math.abs(frequency - weights[id]! / sum)).toBeLessThan(0.015);
    });
  });

  test('top-k and top-p leave out the unlikely', () => {
    expect(frequencies({ topK: 2 }).map((f) => f > 0)).toEqual([false, true, false, false, true]);
    // The two best hold 0.79 of the mass.
    expect(frequencies({ topP: 0.75 }).map((f) => f > 0)).toEqual([false, true, false, false, true]);
    expect(frequencies({ topP: 0.85 }).map((f) => f > 0)).toEqual([false, true, true, false, true]);
    expect(frequencies({ topP: 1e-9 }).map((f) => f > 0)).toEqual([false, true, false, false, false]);
  });

  test('a seed decides everything', () => {
    const draw = (seed: number) => {
      const sample = sampler({ ...plain, seed });
      return Array.from({ length: 50 }, () => sample(LOGITS));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });
});
