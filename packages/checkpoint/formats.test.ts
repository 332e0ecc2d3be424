import { expect, test } from 'vitest';
import { type ExportNotes, FORMATS, formatsIn, type WeightFormat } from './formats.ts';
import { densePath, joinModules, splitPath, weightsOf } from './path.ts';
import { randomPath } from './random-path.fixture.ts';
import { initModule } from './sources/seed.ts';

const NOTES: ExportNotes = { runName: 'r', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode('{"model":{"vocab":{"<|endoftext|>":0},"merges":[]}}');

test('a weight format is one file in the folder: nothing names it but the file itself', async () => {
  expect([...FORMATS.keys()].sort()).toEqual(['f16.gguf', 'hf.zip', 'q4_0.gguf', 'q8_0.gguf', 'safetensors']);
  const found = await formatsIn(new URL('./fixtures/', import.meta.url));
  expect([...found.keys()]).toEqual(['theta.json']);
  expectRoundTrip(found.get('theta.json')!, true);
});

test.each([...FORMATS])('%s gives equal bytes for equal input', (_ending, format) => {
  const [first, again] = [randomPath(), randomPath()].map((path) => format.write(path, TOKENIZER, NOTES));
  expect(again).toEqual(first);
});

const readable = [...FORMATS].filter(([, { read }]) => read);
test.each(readable)('%s reads what it has written, bit for bit', (_ending, format) => {
  for (const tied of [true, false]) expectRoundTrip(format, tied);
});

function expectRoundTrip(format: WeightFormat, tied: boolean): void {
  const path = densePath({ width: 16, blocks: 2, heads: 2, context: 8, vocabulary: 21, tied });
  const theta = joinModules(path.modules.map((module, m) => initModule(module, m)));
  const file = format.write(weightsOf(path, splitPath(theta, path)), TOKENIZER, NOTES);
  expect(format.read!(file, path.model)).toEqual(theta);
}
