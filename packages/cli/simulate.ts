import { createHash } from 'node:crypto';
import type { Coordinator } from '@pathfold/coordination/coordinator/mind';
import type { SimulationPorts } from '@pathfold/coordination/simulator/outcome';
import { PLANTS, withPlant } from '@pathfold/coordination/simulator/plants/list';
import { simulateRepeatably } from '@pathfold/coordination/simulator/repeat';
import { churnScenario, drawScenario, type Wishes } from '@pathfold/coordination/simulator/scenario';
import { simulate } from '@pathfold/coordination/simulator/simulate';
import { Tally } from '@pathfold/coordination/simulator/tally';
import { MODES, type Mode } from '@pathfold/protocol/run-spec';
import { simulatedKinds } from '@pathfold/works/kinds';
import { Command, InvalidArgumentError, Option } from 'commander';

interface Options {
  volunteers?: number;
  paths?: number[];
  mode: Mode;
  seed: number;
  seeds?: number;
  hours?: number;
  plant?: string;
  churn?: number;
}

const KINDS = await simulatedKinds();
/** Seeds within which a planted bug must be found. */
const PLANT_SEEDS = 200;

function integer(low: number, high: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

function hours(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 10_000) return value;
  throw new InvalidArgumentError('It must be a number above 0, at most 10000.');
}

function part(text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1, such as 0.1.');
}

function paths(text: string): number[] {
  const experts = text.split('x').map(Number);
  const count = experts.reduce((product, each) => product * each, 1);
  if (experts.every((each) => Number.isInteger(each) && each >= 1) && count <= 4096) return experts;
  throw new InvalidArgumentError('It must be the experts in each level, such as 4x4, with at most 4096 paths.');
}

const program = new Command('npm run simulate --')
  .description(
    'Plays the minds of coordinator, volunteers and swarm against each other in virtual time, over a network that loses, repeats, reorders and splits, on wrong clocks, with crashes, reloads, stalls, lies and restarts, and checks their invariants after every event. The last line is one JSON object.',
  )
  .option('--volunteers <count>', 'volunteers to begin with (drawn from the seed by default)', integer(1, 100_000))
  .option('--paths <experts>', 'experts in each level, such as 4x4 (drawn from the seed by default)', paths)
  .addOption(new Option('--mode <mode>', 'how modules are stepped').choices(MODES).default('sync'))
  .option('--seed <number>', 'the first seed', integer(0, 0xffffffff), 1)
  .option('--seeds <count>', `how many seeds, one after the other (1; ${PLANT_SEEDS} with --plant)`, integer(1, 1e6))
  .option(
    '--hours <hours>',
    'virtual hours a seed (by default at least 21 rounds and 5000 events; of 1000 volunteers or more also 1000 crashes and 10 restarts)',
    hours,
  )
  .option(
    '--churn <grace>',
    'instead, people come and go and nothing else goes wrong: utilisation in rounds, and at arrivals with this grace period (parts of a task)',
    part,
  )
  .option('--plant <bug>', 'plants a known mistake, which must be found; "list" names them')
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

/** The same people come and go, once in each mode. */
function compareUnderChurn({ seed, seeds = 1, hours: virtualHours = 1 }: Options, grace: number): number {
  const violations: { seed: number; violation: string }[] = [];
  const utilisation = { sync: 0, async: 0 };
  for (let at = seed; at < seed + seeds; at++)
    for (const mode of ['sync', 'async'] as const) {
      const outcome = simulate(churnScenario(at, mode, grace, virtualHours * 3_600_000), { kinds: KINDS });
      utilisation[mode] += outcome.utilisation / seeds;
      if (outcome.violation !== null) violations.push({ seed: at, violation: outcome.violation });
    }
  console.log(JSON.stringify({ seeds, grace, utilisation, violations }));
  return violations.length > 0 ? 1 : 0;
}

/** Measures each plan of a mind. */
const timed =
  (durationsMs: number[]) =>
  (mind: Coordinator): Coordinator => ({
    ...mind,
    plan(state, touched, now) {
      const start = performance.now();
      const events = mind.plan(state, touched, now);
      durationsMs.push(performance.now() - start);
      return events;
    },
  });

function main(options: Options): number {
  if (options.plant === 'list') {
    for (const [name, { mistake }] of Object.entries(PLANTS)) console.log(`${name}: ${mistake}`);
    return 0;
  }
  if (options.churn !== undefined) return compareUnderChurn(options, options.churn);
  const plant = Object.hasOwn(PLANTS, options.plant ?? '') ? PLANTS[options.plant!] : undefined;
  if (options.plant !== undefined && !plant)
    program.error(`error: no planted bug is called '${options.plant}'; --plant list names them`);
  const ports: SimulationPorts = plant ? withPlant({ kinds: KINDS }, plant) : { kinds: KINDS };
  const wishes: Wishes = {
    mode: options.mode,
    ...plant?.wishes,
    ...(options.volunteers !== undefined && { volunteers: options.volunteers }),
    ...(options.paths && { experts: options.paths }),
    ...(options.hours !== undefined && { virtualMs: options.hours * 3_600_000 }),
  };
  const seeds = options.seeds ?? (plant ? PLANT_SEEDS : 1);
  const hash = createHash('sha256');
  const durationsMs: number[] = [];
  const time = timed(durationsMs);
  const violations: { seed: number; violation: string }[] = [];
  const { faults } = new Tally();
  let [played, events, rounds, virtualMs] = [0, 0, 0, 0];
  const start = performance.now();
  for (let seed = options.seed; seed < options.seed + seeds; seed++) {
    const outcome = simulateRepeatably(drawScenario(seed, wishes), {
      ...ports,
      wrapMind: (mind) => time(ports.wrapMind?.(mind) ?? mind),
      onLogged: (event) => hash.update(`${JSON.stringify(event)}\n`),
    });
    played++;
    events += outcome.events;
    rounds += outcome.rounds;
    virtualMs += outcome.virtualMs;
    for (const key of Object.keys(faults) as (keyof typeof faults)[]) faults[key] += outcome.faults[key];
    if (outcome.violation === null) {
      if (outcome.cutShort) console.error(`seed ${seed}: ended before all that was asked for had happened.`);
      continue;
    }
    violations.push({ seed, violation: outcome.violation });
    console.error(`seed ${seed}: ${outcome.violation}`);
    if (plant) break;
  }
  const seconds = (performance.now() - start) / 1000;
  const sorted = Float64Array.from(durationsMs).sort();
  const report = {
    seeds: played,
    events,
    eventsPerSecond: Math.round(events / seconds),
    rounds,
    virtualHours: Number((virtualMs / 3_600_000).toFixed(2)),
    planP99Ms: Number((sorted[Math.floor(0.99 * sorted.length)] ?? 0).toFixed(4)),
    faults,
    logSha256: hash.digest('hex'),
    violations,
  };
  console.log(JSON.stringify(report));
  return violations.length > 0 ? 1 : 0;
}

process.exitCode = main(program.parse().opts<Options>());
