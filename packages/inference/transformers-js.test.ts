import { randomPath } from '@pathfold/checkpoint/random-path.fixture';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { transformersOnnx } from './onnx/path-graph.ts';
import { transformersJs } from './transformers-js.ts';

const NOTES = { runName: 'whales', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode(trainTokenizer(['The whale swam.'], 280));

test('the folder holds what transformers.js looks for', () => {
  const path = randomPath();
  const zip = transformersJs.write(path, TOKENIZER, NOTES);
  expect(transformersJs.write(randomPath(), TOKENIZER, NOTES)).toEqual(zip);
  const files = unzipSync(zip);
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'config.json',
    'generation_config.json',
    'onnx/model.onnx',
    'onnx/model_quantized.onnx',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const json = (name: string) => JSON.parse(strFromU8(files[name]!));
  // It makes the shapes of the cache from these; the second ends an answer that nobody bounds.
  expect(json('config.json')).toMatchObject({ model_type: 'llama', num_key_value_heads: 4, head_dim: 8 });
  expect(json('generation_config.json')).toMatchObject({ eos_token_id: 0, max_length: 32 });
  expect(json('tokenizer_config.json')).toMatchObject({ add_bos_token: true, pad_token: '<|endoftext|>' });
  const { post_processor, ...tokenizer } = json('tokenizer.json');
  expect(post_processor.single.map(Object.keys)).toEqual([['SpecialToken'], ['Sequence']]);
  expect({ ...tokenizer, post_processor: null }).toEqual(JSON.parse(strFromU8(TOKENIZER)));
  expect(files['onnx/model.onnx']).toEqual(transformersOnnx(path, { int8: false }));
  expect(files['onnx/model_quantized.onnx']).toEqual(transformersOnnx(path, { int8: true }));
  for (const fact of ['whales', 'CC0-1.0', 'after 3 outer rounds', '"starter"', '32 positions'])
    expect(strFromU8(files['README.md']!)).toContain(fact);
});
