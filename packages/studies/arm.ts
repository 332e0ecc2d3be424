// One arm of a study with one seed, in a process of its own: node arm.ts STUDY ARM SEED FOLDER BITS SOURCES EXECUTOR [--quick]
import { fileURLToPath } from 'node:url';
import { compute } from './compute.ts';
import type { StudyExecutor } from './executor.ts';
import { STUDIES } from './names.ts';

type Arguments = [
  study: string,
  arm: string,
  seed: string,
  folder: string,
  bits: string,
  sources: string,
  executor: StudyExecutor,
  size?: string,
];
const [name, arm, seed, folder, bits, sources, executor, size] = process.argv.slice(2) as Arguments;
const study = await STUDIES[name]!.load();
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/pathfold-studies', import.meta.url));
const say = (text: string) => console.log(`${arm}, seed ${seed}: ${text}`);
const began = Date.now();
const which = { study, quick: size === '--quick', arm, seed: Number(seed), bits: JSON.parse(bits), sources, executor };
await compute({ ...which, folder, cacheFolder, say });
say(`done in ${Math.round((Date.now() - began) / 1000)} s`);
process.exit(0);
