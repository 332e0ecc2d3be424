import { createHash } from 'node:crypto';
import { FORMATS } from '@pathfold/checkpoint/formats';
import { runModules } from '@pathfold/checkpoint/levels';
import { pathShape, weightsOf } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { featuresOnnx } from '@pathfold/inference/onnx/path-graph';
import { expect, test } from 'vitest';
import { EXPORTS, parseFileName } from './exports.ts';

const LEVELS = [
  { experts: 2, blocks: 1 },
  { experts: 2, blocks: 2 },
];
const NOTES = { runName: 'r', path: '1-0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode('{"model":{}}');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Hashes of the exports before weights had a room of their own. People hold such files, and caches know them by these. */
test.each([
  {
    tied: true,
    expected: {
      'kv.onnx': '408cda49c43e6bfe8ed11a679aab64d31237715b797b47911235f6f986023ac9',
      onnx: '2a2920de29778f27e11829f9ca4abebf401feb5b9a13096b95167ae5202ba582',
      safetensors: '978ec52374efb477de5bc28cea693da2650aa8565e4ef2d0cd2ceb2bd7a1ded2',
      'hf.zip': 'f320cb600df83ba81d2c4a8423c79012650e85a3b507ea37f05ebf311219d21e',
      features: '2325fa3cd13a059f302f123d928fc95168f7774517dbbf2b3d6196a37bc0d739',
    },
  },
  {
    tied: false,
    expected: {
      'kv.onnx': '872c99fd82be1e28023654e2d48e6ff736e30afc4adc64667392e77c1092ab20',
      onnx: 'd8ece2b820e8fc0caa4438c173b21af476d04ed050ed3a06f5a9fa29b440b989',
      safetensors: 'f71192b391a885816cde6ebc279d8e284089156014801e80d4ce9814c260e5ef',
      'hf.zip': '396c4cf54e937d55100d52bbe66dd08c52570b24d5e239b172205dbfbad5a5c9',
      features: '2325fa3cd13a059f302f123d928fc95168f7774517dbbf2b3d6196a37bc0d739',
    },
  },
])('exports of a seeded path are byte for byte what they were, tied head $tied', ({ tied, expected }) => {
  const model = { width: 32, blocks: 3, heads: 4, context: 16, vocabulary: 260, tied };
  const values = new Map(runModules(model, LEVELS, 'level').map((shape, m) => [shape.name, initModule(shape, 7 + m)]));
  const path = pathShape(model, LEVELS, '1-0', 'level');
  const weights = weightsOf(
    path,
    path.modules.map(({ name }) => values.get(name)),
  );
  const { features, ...formats } = expected;
  for (const [format, hash] of Object.entries(formats))
    expect(sha256(EXPORTS.get(format)!.write(weights, TOKENIZER, NOTES)), format).toBe(hash);
  expect(sha256(featuresOnnx(weights))).toBe(features);
});

test('file names name a path and a format', () => {
  expect(parseFileName('0.onnx')).toEqual({ path: '0', format: 'onnx' });
  expect(parseFileName('0-3.kv.onnx')).toEqual({ path: '0-3', format: 'kv.onnx' });
  for (const ending of FORMATS.keys()) expect(parseFileName(`1-0.${ending}`)).toEqual({ path: '1-0', format: ending });
  for (const name of ['onnx', '.onnx', 'a.onnx', '0-.onnx', '0.txt', '../0.onnx', '0.kv']) {
    expect(parseFileName(name)).toBeNull();
  }
});
