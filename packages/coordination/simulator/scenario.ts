import type { AsyncSpec, LevelSpec, Mode, RunSpec } from '@pathfold/protocol/run-spec';
import type { ModelRun, RunFacts } from '../work-plan.ts';
import type { Lie } from './checks.ts';
import { Random } from './random.ts';
import { runFacts, unrouted } from './run-facts.ts';

/** Mean virtual ms between two troubles of a sort; infinite for none. */
export interface Rates {
  readonly joinMs: number;
  readonly leaveMs: number;
  readonly crashMs: number;
  readonly dropMs: number;
  readonly stallMs: number;
  /** A page is loaded again; its person pauses it; the network splits. */
  readonly reloadMs: number;
  readonly pauseMs: number;
  readonly splitMs: number;
  /** All volunteers leave for a while. */
  readonly exodusMs: number;
  readonly restartMs: number;
  readonly clockJumpMs: number;
  readonly operatorMs: number;
  /** Per message. */
  readonly duplicate: number;
  readonly reorder: number;
  /** Per exchange over HTTP or link to a peer; a message ends its socket more rarely. */
  readonly lose: number;
  /** Per lease: the device fails. */
  readonly fault: number;
  /** Per contribution. */
  readonly lie: number;
  /** Sorts of lies; all when left out. */
  readonly sorts?: readonly Lie[] | undefined;
  /** Part of the tasks that fail their check whoever does them, until the operator has mended them; none when left out. */
  readonly hopeless?: number;
}

/** One simulation: all of it follows from the seed and what was asked for. */
export interface Scenario {
  readonly seed: number;
  readonly runs: readonly RunFacts[];
  readonly volunteers: number;
  /** Every third of them has too little memory for some of the work, or for all of it. */
  readonly small: boolean;
  readonly silenceMs: number;
  /** Mean time of a fold. */
  readonly foldMs: number;
  readonly troubles: Rates;
  /** A part of the volunteers leaves now and then, and as many others come; null for none. */
  readonly churn: Churn | null;
  /** A run of each study goes on beside the others. */
  readonly studies: boolean;
  /** The operator changes how modules step now and then. */
  readonly switchesMode: boolean;
  /** The operator takes runs back to earlier rounds now and then. */
  readonly rollsBack: boolean;
  /** So many times the operator makes the first run grow, if it has several paths. */
  readonly growths: number;
  /** Goes on until all of these are reached, counting the rounds of the first run. */
  readonly rounds: number;
  readonly events: number;
  readonly crashes: number;
  readonly restarts: number;
  /** Goes on for so long instead; 0 for until then. */
  readonly virtualMs: number;
}

export interface Churn {
  readonly everyMs: number;
  readonly part: number;
  /** Part of those who leave that say so, and hand in what they have done; the others vanish. */
  readonly announced: number;
}

export interface Wishes {
  readonly volunteers?: number;
  /** Experts in each level. */
  readonly experts?: readonly number[];
  readonly virtualMs?: number;
  readonly mode?: Mode;
  /** See `Rates`. */
  readonly hopeless?: number;
  /** Part of the contributions of those who lie that are invented: they tell no other lie. */
  readonly invented?: number;
  /** Patience of early stopping. */
  readonly patience?: number;
  /** See `Scenario`. */
  readonly growths?: number;
}

const MINUTE = 60_000;
/** Volunteers of a scenario that are not asked for, on average. */
const USUAL = 20;
/** A crowd is spared no sort of trouble, and goes on until it has had so much of it. */
const CROWD = 1000;
const OF_CROWD = { crashes: 1000, restarts: 10 };

/** Draws a scenario; wishes replace what would be drawn. */
export function drawScenario(seed: number, wishes: Wishes = {}): Scenario {
  const random = new Random(seed);
  const volunteers = Math.round(random.around(USUAL, 10));
  const crowd = wishes.volunteers ?? USUAL;
  const experts = random.pick([[1], [1], [2], [3], [2, 2], [2, 2], [4, 1], [1, 3], [3, 3]]);
  const second = random.chance(0.2);
  const spec = drawSpec(random);
  const secondSpec = drawSpec(random);
  const troubles = ofCrowd(drawTroubles(random, crowd >= CROWD), crowd / USUAL);
  const { mode = 'sync' } = wishes;
  const async = drawAsync(new Random(seed ^ 0xa57c));
  const embedding = new Random(seed ^ 0xe3b0).pick(['shared', 'shared', 'level', 'path'] as const);
  const inner = { ...runFacts('', [1]).spec.inner, steps: new Random(seed ^ 0x51c0).pick([...STEPS]) };
  const earlyStopping = drawEarlyStopping(new Random(seed ^ 0xea27), wishes.patience);
  const switchesMode = mode !== 'sync' && new Random(seed ^ 0x5b17).chance(0.3);
  return {
    seed,
    runs: [
      toRoute(
        runFacts('run-a', wishes.experts ?? withPrivate(experts, new Random(seed ^ 0x9a74)), {
          seed,
          mode,
          async,
          embedding,
          inner,
          earlyStopping,
          ...spec,
        }),
        new Random(seed ^ 0x40a7),
      ),
      ...(second
        ? [runFacts('run-b', [1], { seed, mode, async, earlyStopping, ...secondSpec, totalSteps: random.int(50, 400) })]
        : []),
    ],
    volunteers: wishes.volunteers ?? volunteers,
    small: new Random(seed ^ 0x5a11).chance(0.5),
    silenceMs: 30_000,
    foldMs: 1000,
    troubles: {
      ...troubles,
      hopeless: wishes.hopeless ?? 0,
      ...(wishes.invented !== undefined && { lie: wishes.invented, sorts: ['norm'] as const }),
    },
    churn: null,
    studies: new Random(seed ^ 0x57d1).chance(0.2),
    switchesMode,
    rollsBack: new Random(seed ^ 0x0bac).chance(0.4),
    growths: wishes.growths ?? drawGrowths(new Random(seed ^ 0x6209)),
    rounds: 21,
    events: 5000,
    ...(crowd >= CROWD ? OF_CROWD : { crashes: 0, restarts: 0 }),
    virtualMs: wishes.virtualMs ?? 0,
  };
}

/**
 * Nothing goes wrong but that people come and go: every two minutes 30 % of the volunteers leave, of whom 30 % vanish
 * without a word; leases of two minutes at the most.
 */
export function churnScenario(seed: number, mode: Mode, grace: number, virtualMs: number): Scenario {
  const volunteers = 40;
  const none = Number.POSITIVE_INFINITY;
  const rates = { joinMs: none, leaveMs: none, crashMs: none, dropMs: none, stallMs: none, exodusMs: none };
  const pages = { reloadMs: none, pauseMs: none, splitMs: none, lose: 0, fault: 0 };
  const spec = { seed, mode, replicas: 14, roundDeadlineMs: 2 * MINUTE, evaluateEvery: 10_000 };
  const { inner, async } = runFacts('', [1]).spec;
  return {
    seed,
    runs: [runFacts('run-a', [2, 2], { ...spec, async: { ...async, grace }, inner: { ...inner, steps: 600 } })],
    volunteers,
    small: false,
    silenceMs: 30_000,
    foldMs: 200,
    troubles: {
      ...rates,
      ...pages,
      ...{ restartMs: none, clockJumpMs: none, operatorMs: none, duplicate: 0, reorder: 0, lie: 0 },
    },
    studies: false,
    churn: { everyMs: 2 * MINUTE, part: 0.3, announced: 0.7 },
    switchesMode: false,
    rollsBack: false,
    growths: 0,
    ...{ rounds: 0, events: 0, crashes: 0, restarts: 0 },
    virtualMs,
  };
}

/** In some runs every path has a last level of its own. */
const withPrivate = (experts: readonly number[], random: Random): LevelSpec['experts'][] =>
  experts.map((count, level) => (level > 0 && level === experts.length - 1 && random.chance(0.25) ? 'path' : count));

/** In some runs paths that do not become better are not trained any more. */
const drawEarlyStopping = (random: Random, asked?: number): RunSpec['earlyStopping'] => {
  const drawn = random.chance(0.25) ? random.pick([1, 1, 1, 2, 3]) : undefined;
  const patience = asked ?? drawn;
  return patience === undefined ? null : { patience };
};

const drawGrowths = (random: Random): number => (random.chance(0.35) ? random.int(1, 3) : 0);

/** Troubles of single volunteers come the more often, the larger the crowd is. */
const ofCrowd = (rates: Rates, times: number): Rates => ({
  ...rates,
  joinMs: rates.joinMs / times,
  leaveMs: rates.leaveMs / times,
  crashMs: rates.crashMs / times,
  dropMs: rates.dropMs / times,
  stallMs: rates.stallMs / times,
  reloadMs: rates.reloadMs / times,
  pauseMs: rates.pauseMs / times,
});

function drawSpec(random: Random): Partial<RunSpec> {
  const replicas = random.int(1, 4);
  return {
    replicas,
    quorum: random.chance(0.7) ? 1 : random.int(1, replicas),
    roundDeadlineMs: random.pick([30_000, 60_000, 120_000]),
    evaluateEvery: random.int(1, 8),
  };
}

/** Inner steps of a round; the most are more than slow volunteers take before its deadline. */
const STEPS = [20, 20, 20, 200] as const;
/** Rounds of a run whose documents are routed again while it trains: the first time after 18 of them. */
const RESHARDED_ROUNDS = 60;

/** A run of several paths begins with the routing of its documents. */
function toRoute(run: ModelRun, random: Random): ModelRun {
  if (Object.keys(run.paths).length === 1) return run;
  const kind = random.pick(['kmeans', 'product', 'discriminative', 'discriminative'] as const);
  const routing = { ...run.spec.routing, kind, rounds: random.int(1, 3) };
  return unrouted(
    run,
    routing,
    kind === 'discriminative' ? RESHARDED_ROUNDS * run.spec.inner.steps : run.spec.totalSteps,
  );
}

function drawAsync(random: Random): AsyncSpec {
  return {
    grace: random.pick([0, 0.1, 0.1, 0.5]),
    quorum: random.pick([1, 1, 1, 1, 2, 3]),
    buffer: random.pick([null, null, 3, 4]),
    momentumSpread: random.pick([0, 0.4]),
    dynamicSteps: random.chance(0.8),
    leastSteps: 5,
    mostStaleness: random.pick([2, 20, 20, 100]),
    stalenessPower: random.pick([0, 0.5]),
  };
}

function drawTroubles(random: Random, isOfEverySort: boolean): Rates {
  const each = (meanMs: number) =>
    random.chance(0.2) && !isOfEverySort ? Number.POSITIVE_INFINITY : random.around(meanMs, 4);
  return {
    joinMs: each(MINUTE),
    leaveMs: each(2 * MINUTE),
    crashMs: each(MINUTE),
    dropMs: each(MINUTE),
    stallMs: each(MINUTE),
    reloadMs: each(MINUTE),
    pauseMs: each(5 * MINUTE),
    splitMs: each(10 * MINUTE),
    exodusMs: each(60 * MINUTE),
    restartMs: isOfEverySort ? Math.min(5 * MINUTE, each(5 * MINUTE)) : each(5 * MINUTE),
    clockJumpMs: each(20 * MINUTE),
    operatorMs: each(20 * MINUTE),
    duplicate: random.pick([0, 0.02, 0.2]),
    reorder: random.pick([0, 0.02, 0.2]),
    lose: random.pick([0, 0.02, 0.2]),
    fault: random.pick([0, 0.01, 0.05]),
    lie: random.pick([0, 0.02, 0.2]),
  };
}
