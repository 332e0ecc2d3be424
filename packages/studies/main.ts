import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { arithmeticOf } from './arithmetic.ts';
import { judge } from './claims.ts';
import { STUDIES } from './names.ts';
import { writePage } from './page.ts';
import { keyOf, ResultFiles } from './result-files.ts';
import { Results } from './results.ts';
import { LEAST_SEEDS } from './study.ts';

interface Options {
  quick: boolean;
  seeds: number;
  arms?: string[];
  workers: number;
  out?: string;
}

const names = Object.entries(STUDIES)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n');

function integer(low: number, high: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

const program = new Command('npm run study --')
  .description("A paper's experiment on the product's own minds and engine. The last line is one JSON object.")
  .argument('[name]', 'which study; without it they are listed')
  .option('--quick', 'a smaller version: every claim that it can decide in minutes', false)
  .option('--seeds <count>', 'seeds 1 to this', integer(1, 100), LEAST_SEEDS)
  .option(
    '--arms <names>',
    'run only these arms, separated by commas; claims read all results that are there',
    (text) => text.split(','),
  )
  .option('--workers <count>', 'arms at once, one thread each', integer(1, 64), Math.min(2, availableParallelism()))
  .option('--out <folder>', 'where results go (docs/studies/NAME, with --quick its folder quick)')
  .addHelpText(
    'after',
    `\nStudies:\n${names}\n\nA result that is there is not computed again: stop at any time, and go on with the same command.`,
  )
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

const children = new Set<ReturnType<typeof spawn>>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(130);
  });

/** Answers whether it ended well. */
const runArm = (args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const entry = fileURLToPath(new URL('arm.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', entry, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    children.add(child);
    child.on('close', (code) => {
      children.delete(child);
      resolve(code === 0);
    });
  });

async function main(
  name: string | undefined,
  { quick, seeds: seedCount, arms: asked, workers, out }: Options,
): Promise<number> {
  if (name === undefined) {
    console.log(`npm run study -- NAME [--quick] [--seeds N] [--arms A,B]\n\n${names}`);
    return 0;
  }
  const entry = Object.hasOwn(STUDIES, name)
    ? STUDIES[name]!
    : program.error(`error: there is no study ${name}; there are ${Object.keys(STUDIES).join(', ')}`);
  const study = await entry.load();
  const design = study.design(quick);
  const unknown = asked?.find((arm) => !Object.hasOwn(design.arms, arm));
  if (unknown !== undefined)
    program.error(`error: ${name} has no arm ${unknown}; there are ${Object.keys(design.arms).join(', ')}`);
  const folder = out ?? fileURLToPath(new URL(join('../../docs/studies', name, quick ? 'quick' : ''), import.meta.url));
  const files = new ResultFiles(folder);
  const seeds = Array.from({ length: seedCount }, (_, i) => i + 1);
  const arithmetic = await arithmeticOf(study);
  const find = (arm: string, seed: number) => files.read(arm, seed, keyOf(design.arms[arm]!.config, seed, arithmetic));

  const missing = seeds.flatMap((seed) =>
    (asked ?? Object.keys(design.arms)).filter((arm) => !find(arm, seed)).map((arm) => ({ arm, seed })),
  );
  console.log(
    `${name}: ${missing.length} of ${seeds.length * (asked ?? Object.keys(design.arms)).length} results to compute.`,
  );
  const failed: string[] = [];
  const worker = async () => {
    for (let next = missing.shift(); next; next = missing.shift()) {
      const args = [name, next.arm, String(next.seed), folder, ...(quick ? ['--quick'] : [])];
      if (!(await runArm(args))) failed.push(`${next.arm} with seed ${next.seed}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));

  const results = new Results(seeds);
  for (const seed of seeds)
    for (const arm of Object.keys(design.arms)) {
      const result = find(arm, seed);
      if (result) results.add(arm, seed, result);
    }
  const claims = judge(
    design.claims,
    seeds.map((seed) => results.at(seed)),
  );
  const config = { ...(design.config as object), seeds: seedCount, arithmetic };
  const command = `npm run study -- ${name}${quick ? ' --quick' : ''}`;
  writePage(folder, { study: name, command, seeds, config, claims, ...design.report(results) });
  for (const failure of failed) console.error(`${failure} failed: see above.`);
  console.log(JSON.stringify({ study: name, claims, config }));
  return failed.length > 0 ? 1 : 0;
}

program.parse();
process.exitCode = await main(program.args[0], program.opts<Options>());
