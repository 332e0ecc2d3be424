import { strFromU8, unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { randomPath } from '../random-path.fixture.ts';
import folder from './hf.zip.ts';
import safetensors from './safetensors.ts';

const NOTES = { runName: 'r', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode('{"model":{}}');

test('the folder holds what a reader of Hugging Face models looks for', () => {
  const path = randomPath();
  const files = unzipSync(folder.write(path, TOKENIZER, NOTES));
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(JSON.parse(strFromU8(files['config.json']!))).toMatchObject({
    model_type: 'llama',
    hidden_size: 32,
    intermediate_size: 88,
    num_hidden_layers: 3,
    tie_word_embeddings: true,
  });
  expect(strFromU8(files['README.md']!)).toContain('CC0-1.0');
  expect(files['model.safetensors']).toEqual(safetensors.write(path, TOKENIZER, NOTES));
});
