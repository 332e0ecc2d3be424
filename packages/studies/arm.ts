// One arm of a study with one seed, in a process of its own: node arm.ts STUDY ARM SEED FOLDER [--quick]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '@pathfold/coordination/work-plan';
import { arithmeticOf } from './arithmetic.ts';
import { STUDIES } from './names.ts';
import { canonical, keyOf, ResultFiles } from './result-files.ts';

const [name, armName, seedText, folder, size] = process.argv.slice(2) as [string, string, string, string, string?];
const study = await STUDIES[name]!.load();
const arm = study.design(size === '--quick').arms[armName]!;
const seed = Number(seedText);
const arithmetic = await arithmeticOf(study);
const cache = fileURLToPath(new URL('../../node_modules/.cache/pathfold-studies/', import.meta.url));

async function cached(what: string, config: Json, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
  const key = createHash('sha256').update(canonical({ what, config, arithmetic })).digest('hex');
  const path = join(cache, `${what.replace(/[^a-z0-9]+/g, '-')}.${key.slice(0, 16)}`);
  if (existsSync(path)) return readFileSync(path);
  const bytes = await make();
  mkdirSync(cache, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  return bytes;
}

const say = (text: string) => console.log(`${armName}, seed ${seed}: ${text}`);
const began = Date.now();
const result = await study.run(arm, seed, { cached, say });
new ResultFiles(folder).write(armName, seed, keyOf(arm.config, seed, arithmetic), arm.config, result);
say(`done in ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(0);
