// Carries the results of an earlier commit over to the keys of today: npx tsx packages/studies/carry/main.ts COMMIT [STUDY...] (README.md)
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '@pathfold/coordination/work-plan';
import { Arithmetic } from '../arithmetic.ts';
import { STUDIES } from '../names.ts';
import { canonical, keyOf, ResultFiles } from '../result-files.ts';
import type { Result } from '../results.ts';
import type { ByArm } from './bits.ts';

/** What is put into the earlier tree: the questions of today, which call that tree's own studies and engine. */
const QUESTIONS = [
  'carry',
  'probes.ts',
  ...Object.keys(STUDIES).map((name) => `${name}/probes.ts`),
  'async/toy/probes.ts',
];
const SEEDS = 3;
/** `executor` of a result that was made before files told it. */
const UNRECORDED = 'unrecorded';

interface ResultFile extends Result {
  readonly arm: string;
  readonly seed: number;
  readonly key: string;
  readonly executor?: string;
  readonly config: Json;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const [commit, ...asked] = process.argv.slice(2);
const names = asked.length > 0 ? asked : Object.keys(STUDIES);
if (!commit) {
  console.error('which commit? npx tsx packages/studies/carry/main.ts COMMIT [STUDY...]');
  process.exit(2);
}

/** That commit's files, with packages of its own and what is installed here from elsewhere. */
function treeOf(commit: string): string {
  const tree = join(mkdtempSync(join(tmpdir(), 'pathfold-carry-')), 'tree');
  execFileSync('git', ['worktree', 'add', '--detach', tree, commit], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const modules = join(tree, 'node_modules');
  mkdirSync(join(modules, '@pathfold'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@pathfold' && name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  for (const room of ['packages', 'apps'].flatMap((part) =>
    readdirSync(join(tree, part)).map((name) => join(tree, part, name)),
  )) {
    if (!existsSync(join(room, 'package.json'))) continue;
    const { name } = JSON.parse(readFileSync(join(room, 'package.json'), 'utf8')) as { name: string };
    symlinkSync(room, join(modules, name));
  }
  execFileSync(process.execPath, ['packages/tensors/executors/wasm/build.mjs'], { cwd: tree });
  return tree;
}

/** The answer of a script of this folder in one of the trees. */
const ask = (tree: string, script: string, args: readonly string[], input = ''): Promise<ByArm> =>
  new Promise((done, fail) => {
    const entry = join(tree, 'packages/studies/carry', script);
    const child = spawn(process.execPath, ['--import', 'tsx', entry, ...args], {
      cwd: tree,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString();
    });
    child.on('close', (code) =>
      code === 0 ? done(JSON.parse(text) as ByArm) : fail(new Error(`${script} failed in ${tree}`)),
    );
    child.stdin.end(input);
  });

const resultsIn = (tree: string, study: string): ResultFile[] => {
  const folder = join(tree, 'docs/studies', study, 'results');
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ResultFile);
};

const tree = treeOf(commit);
try {
  for (const path of QUESTIONS)
    cpSync(join(root, 'packages/studies', path), join(tree, 'packages/studies', path), { recursive: true });
  const files = Object.fromEntries(names.map((name) => [name, resultsIn(tree, name)] as const));
  const configs = Object.fromEntries(
    Object.entries(files).map(([name, all]) => [name, Object.fromEntries(all.map(({ arm, config }) => [arm, config]))]),
  );
  console.log(`asks both trees, ${commit} and this one; it takes some minutes`);
  const question = JSON.stringify(configs);
  const [then, now] = await Promise.all([tree, root].map((each) => ask(each, 'bits.ts', [], question)));
  const keys = await ask(tree, 'keys.ts', [String(SEEDS), ...names]);

  let left = 0;
  for (const name of names) {
    const study = await STUDIES[name]!.load();
    const { arms } = study.design(false);
    const arithmetic = new Arithmetic(study);
    const target = new ResultFiles(join(root, 'docs/studies', name));
    let carried = 0;
    const refuse = (arm: string, seed: number, why: string) => {
      left++;
      console.log(`  not carried: ${arm} with seed ${seed}: ${why}`);
    };
    for (const { arm, seed, key, executor = UNRECORDED, config, figures, curves } of files[name]!) {
      if (keys[name]![`${arm}.${seed}`] !== key) refuse(arm, seed, `it was stale at ${commit}`);
      else if (!arms[arm] || canonical(arms[arm].config) !== canonical(config))
        refuse(arm, seed, 'its configuration has changed');
      else if (then![name]![arm] !== now![name]![arm]) refuse(arm, seed, 'its probes give other bits');
      else {
        const next = keyOf(config, seed, (await arithmetic.of(arms[arm])).arithmetic);
        target.write(arm, seed, { key: next, executor, config }, { figures, curves });
        carried++;
      }
    }
    const same = Object.entries(then![name]!).filter(([arm, bits]) => now![name]![arm] === bits).length;
    console.log(
      `${name}: ${carried} of ${files[name]!.length} results carried; probes equal for ${same} of ${Object.keys(then![name]!).length} arms`,
    );
  }
  console.log(left === 0 ? 'all results are carried' : `${left} results are not carried`);
  process.exitCode = left === 0 ? 0 : 1;
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', tree], { cwd: root });
  rmSync(join(tree, '..'), { recursive: true, force: true });
}
