import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEAST_SEEDS } from '@pathfold/protocol/study-spec';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sourcesOf } from './arithmetic.ts';
import { conduct } from './conduct.ts';
import { openStudyExecutor, STUDY_EXECUTORS, type StudyExecutor } from './executor.ts';
import { STUDIES } from './names.ts';

interface Options {
  quick: boolean;
  long: boolean;
  seeds: number;
  arms?: string[];
  workers: number;
  executor: StudyExecutor;
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
  .option('--quick', 'a smaller version: every claim that it can decide, in minutes', false)
  .option('--long', 'the arms too that are beyond the hours of the full version', false)
  .option('--seeds <count>', 'seeds 1 to this', integer(1, 100), LEAST_SEEDS)
  .option('--arms <names>', 'compute only these arms, separated by commas; claims read all results there are', (text) =>
    text.split(','),
  )
  .option('--workers <count>', 'arms at once, one thread each', integer(1, 64), Math.min(2, availableParallelism()))
  .addOption(
    new Option('--executor <name>', 'native: the same bits sooner, by kernels that gcc compiles for this machine')
      .choices(STUDY_EXECUTORS)
      .default('wasm'),
  )
  .option('--out <folder>', 'where page and results go (docs/studies/NAME; with --quick, docs/studies/NAME/quick)')
  .addHelpText(
    'after',
    `\nStudies:\n${names}\n\nA result that is there is not computed again: stop at any time, and go on with the same command.`,
  )
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

const children = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
    process.exit(1);
  });

/** A process for one arm: what it holds, and what it may break, ends with it. Answers whether it ended well. */
const inOwnProcess = (args: readonly string[]): Promise<boolean> =>
  new Promise((done) => {
    const entry = fileURLToPath(new URL('arm.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', entry, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    children.add(child);
    child.on('close', (code) => {
      children.delete(child);
      done(code === 0);
    });
  });

async function main(
  name: string | undefined,
  { quick, long, seeds: count, arms, workers, executor, out }: Options,
): Promise<number> {
  if (name === undefined) {
    console.log(`npm run study -- NAME [--quick] [--seeds N] [--arms A,B]\n\n${names}`);
    return 0;
  }
  if (!Object.hasOwn(STUDIES, name))
    program.error(`error: there is no study ${name}; there are ${Object.keys(STUDIES).join(', ')}`);
  const study = await STUDIES[name]!.load();
  const known = Object.keys(study.design(quick).arms);
  const unknown = arms?.find((arm) => !known.includes(arm));
  if (unknown !== undefined)
    program.error(`error: ${name}${quick ? ' --quick' : ''} has no arm "${unknown}"; its arms are ${known.join(', ')}`);
  if (executor === 'native')
    await openStudyExecutor(executor).catch((error: Error) => program.error(`error: ${error.message}`));
  const sources = sourcesOf(study);
  const home = fileURLToPath(new URL('../../docs/studies', import.meta.url));
  const folder = out === undefined ? join(home, name, quick ? 'quick' : '') : resolve(out);
  const { claims, config, failures } = await conduct({
    name,
    study,
    quick,
    seeds: Array.from({ length: count }, (_, i) => i + 1),
    ...(arms && { arms }),
    long,
    workers,
    folder,
    compute: (arm, seed, bits) =>
      inOwnProcess([
        name,
        arm,
        String(seed),
        folder,
        JSON.stringify(bits),
        sources,
        executor,
        ...(quick ? ['--quick'] : []),
      ]),
    say: console.log,
  });
  for (const failure of failures) console.error(`${failure}: see above.`);
  console.log(JSON.stringify({ study: name, claims, config }));
  return failures.length > 0 ? 1 : 0;
}

program.parse();
process.exitCode = await main(program.args[0], program.opts<Options>());
