// Packs a trained base: npx tsx packages/studies/starter-base/pack.ts FOLDER. FOLDER is what npm run train:base filled (README.md)
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import safetensors, { writeHalves } from '@pathfold/checkpoint/formats/safetensors';
import { DENSE_PATH, densePath, splitPath, weightsOf } from '@pathfold/checkpoint/path';
import type { BaseRecord } from './train.ts';

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error('which base? npx tsx packages/studies/starter-base/pack.ts FOLDER');
  process.exit(2);
}
const steps = Math.max(...readdirSync(folder).map(Number).filter(Number.isSafeInteger));
const read = (name: string) => readFileSync(join(folder, String(steps), name));
const { spec, curve } = JSON.parse(read('record.json').toString()) as BaseRecord;
const path = densePath(spec.model);
const theta = safetensors.read(read('model.safetensors'), spec.model);
const notes = { runName: 'starter-base', path: DENSE_PATH, round: 0, corpusName: 'starter', licence: 'CC0-1.0' };
const files = {
  'model.safetensors': writeHalves(weightsOf(path, splitPath(theta, path)), notes),
  'tokenizer.json': read('tokenizer.json'),
};
const sha256 = Object.fromEntries(
  Object.entries(files).map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
);
const command = `npm run train:base -- FOLDER ${spec.inner.totalSteps} && npx tsx packages/studies/starter-base/pack.ts FOLDER`;
const record = { command, steps, parameters: theta.length, dtype: 'float16', sha256, spec, curve };
const to = fileURLToPath(new URL('../../checkpoint/data/starter/', import.meta.url));
mkdirSync(to, { recursive: true });
for (const [name, bytes] of Object.entries({ ...files, 'record.json': `${JSON.stringify(record, null, 2)}\n` }))
  writeFileSync(join(to, name), bytes);
