import { createCoordinator } from '../coordinator/mind.ts';
import type { RunRecord } from '../coordinator/state.ts';
import type { CoordinatorEvent } from '../events.ts';
import { hasEnded } from '../run-round.ts';
import { studyRun } from '../study-run.ts';
import { stepSwarm } from '../swarm/mind.ts';
import { MIND } from '../volunteer/run-mind.ts';
import type { RunFacts, WorkPlan } from '../work-plan.ts';
import { Agenda } from './agenda.ts';
import { VirtualChecks } from './checks.ts';
import { Door } from './door.ts';
import { type Fact, VirtualHost } from './host.ts';
import { plansOf, type SimulatedKind } from './kind.ts';
import { Network } from './network.ts';
import type { Outcome, SimulationPorts } from './outcome.ts';
import { Presence } from './presence.ts';
import { Random } from './random.ts';
import { ableOf, steadyMsOf } from './reliable.ts';
import type { Scenario } from './scenario.ts';
import { Tally } from './tally.ts';
import { Troubles } from './troubles.ts';
import { must, Violation } from './violation.ts';
import type { Surroundings } from './volunteer/machine.ts';
import { VirtualVolunteer } from './volunteer/volunteer.ts';
import { Watch } from './watch.ts';
import { mustHaveNoIdle } from './watch-idle.ts';

const LOOK_MS = 10_000;
/** By how much the coordinator's clock may go wrong. */
const DRIFT = 1.01;
const MOVES_ROUNDS: ReadonlySet<CoordinatorEvent['type']> = new Set([
  'RunCreated',
  'RunDeleted',
  'FoldEnded',
  'RunRolledBack',
]);
/** Longest time in trouble: after that it is seen whether the run goes on in peace. */
const MOST_TROUBLED_MS = 16 * 3_600_000;
/** In peace the run must go on by so many rounds. */
const CALM_ROUNDS = 2;
const LAST_MS = 300_000;
/** Within so long the last evaluation comes to its end: all paths, each by two volunteers. */
const LAST_SCORES_MS = 3_600_000;

/** Plays one scenario to its end, or to the first invariant that breaks. */
export function simulate(scenario: Scenario, ports: SimulationPorts): Outcome {
  const simulation = new Simulation(scenario, ports);
  let violation: string | null = null;
  try {
    simulation.play();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error.message;
  }
  const { host, faults } = simulation;
  return {
    seed: scenario.seed,
    virtualMs: simulation.agenda.now,
    events: host.eventCount,
    rounds: simulation.rounds,
    ended: simulation.ended,
    faults,
    utilisation: simulation.utilisation,
    cutShort: simulation.cutShort,
    violation,
  };
}

class Simulation {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly host: VirtualHost;
  readonly volunteers: VirtualVolunteer[] = [];
  readonly #presence = new Presence<VirtualVolunteer>();
  readonly #tally = new Tally();
  readonly faults = this.#tally.faults;
  readonly scenario: Scenario;
  readonly kinds: readonly SimulatedKind[];
  readonly runs: readonly RunFacts[];
  readonly #checks: VirtualChecks;
  #troubles: Troubles | null = null;
  readonly #door: Door;
  readonly #around: Surroundings;
  readonly #byId = new Map<string, VirtualVolunteer>();
  readonly #watch: Watch;
  readonly #plans: readonly WorkPlan<unknown>[];
  #quietSince = 0;
  cutShort = false;
  #measured: number | null = null;
  #rounds: number | null = null;

  constructor(
    scenario: Scenario,
    { kinds, wrapMind = (mind) => mind, volunteerMind = MIND, swarm = stepSwarm, onLogged = () => {} }: SimulationPorts,
  ) {
    this.scenario = scenario;
    const { seed, studies } = scenario;
    const [{ spec }] = scenario.runs as [RunFacts];
    const told = kinds.flatMap(({ study }) => (studies && study ? [{ ...study, auditSeed: seed }] : []));
    this.runs = [...scenario.runs, ...told.map((study) => studyRun(`run-${study.name}`, spec, study))];
    this.random = new Random(scenario.seed ^ 0x5eed);
    const { hopeless = 0 } = scenario.troubles;
    this.#checks = new VirtualChecks({ seed, hopeless, random: this.random, kinds });
    this.#watch = new Watch(kinds);
    this.kinds = kinds;
    const plans = kinds.map(({ plan }) => plan);
    this.#plans = plans;
    this.host = new VirtualHost({
      agenda: this.agenda,
      random: this.random,
      kinds,
      newMind: () => wrapMind(createCoordinator(plans, scenario.silenceMs)),
      watch: this.#watch,
      onLogged: (event) => {
        this.#tally.see(event);
        if (MOVES_ROUNDS.has(event.type)) this.#rounds = null;
        this.#mend(event);
        this.#checks.see(event);
        this.#door.note(event);
        onLogged(event);
      },
      tell: (event, decided) => this.#door.tell(event, decided),
      clockRate: scenario.churn ? 1 : new Random(seed ^ 0xc10c).around(1, DRIFT),
      lied: (lease) => this.#checks.lied(lease),
      check: (lease) => this.#checks.check(lease, this.host),
      onDied: () => {
        this.#door.closeAll();
        this.#startAgain();
      },
      duplicate: scenario.troubles.duplicate,
      foldMs: scenario.foldMs,
      faults: this.faults,
    });
    const { agenda, random, faults } = this;
    const { duplicate, reorder, lose, fault, lie, sorts } = scenario.troubles;
    this.#door = new Door(() => this.host, random, scenario.silenceMs);
    this.#around = {
      ...{ agenda, random, seed, small: scenario.small, door: this.#door },
      network: new Network(agenda, random, { duplicate, reorder, lose }, faults),
      ...{ lie, sorts, fault, lies: this.#checks.lies, accepted: this.#tally.accepted, mind: volunteerMind, swarm },
      peer: (id) => this.#byId.get(id),
    };
  }

  get here(): readonly VirtualVolunteer[] {
    return this.#presence.here;
  }

  get utilisation(): number {
    return this.#measured ?? this.#tally.utilisation(this.volunteers, this.host.state, this.host.now());
  }

  /** Somebody looks at a run that the mind paused. */
  #mend(event: CoordinatorEvent): void {
    if (event.type === 'RunStateChanged' && event.state === 'paused' && event.reason !== null)
      this.#troubles?.mend(event.run);
  }

  /** How far the kinds of work have come in the first run: folds and rollbacks alone move it. */
  get rounds(): number {
    this.#rounds ??= this.#countRounds();
    return this.#rounds;
  }

  get ended(): boolean {
    const run = this.#firstRun;
    return run !== undefined && hasEnded(run.facts);
  }

  get #firstRun(): RunRecord | undefined {
    return this.host.state.runs[this.scenario.runs[0]!.id];
  }

  #countRounds(): number {
    const run = this.#firstRun;
    if (!run) return 0;
    return Math.max(
      ...plansOf(run, this.#plans).map((plan) => plan.pages?.summary(run.works[plan.name], run.facts).round ?? 0),
    );
  }

  play(): void {
    const { scenario, host } = this;
    for (const run of this.runs) {
      const kinds = this.kinds.filter(({ study, takes }) => study?.name === run.study?.name && (takes?.(run) ?? true));
      this.operate({ type: 'RunCreated', run, kinds: kinds.map(({ plan }) => plan.name) });
    }
    for (let i = 0; i < scenario.volunteers; i++) this.addVolunteer(this.random.int(0, 60_000));
    this.#beat();
    const troubles = new Troubles(this);
    this.#troubles = troubles;
    this.#stepUntil(() => this.#isLongEnough(), Math.max(scenario.virtualMs, MOST_TROUBLED_MS));
    this.cutShort = !this.#isLongEnough();
    this.#measured = this.utilisation;
    troubles.end();
    this.#provePeacefulProgress();
    for (const { id } of this.runs) this.operate({ type: 'RunStateChanged', run: id, state: 'finished', reason: null });
    const end = this.agenda.now + LAST_MS;
    this.#stepUntil(() => this.agenda.now >= end, LAST_MS);
    const isIdle = () => Object.keys(host.state.leases).length === 0;
    this.#stepUntil(isIdle, LAST_SCORES_MS);
    must(isIdle(), () => 'leases are open though no run trains');
    host.die();
    this.#stepUntil(() => host.upSince !== null, LAST_MS);
  }

  /** Without trouble, and with a volunteer that can be relied on, rounds follow each other. */
  #provePeacefulProgress(): void {
    do this.addVolunteer(0);
    while (!this.volunteers.at(-1)!.isCapable);
    const { spec, paths } = this.#firstRun?.facts ?? this.scenario.runs[0]!;
    const patienceMs = CALM_ROUNDS * Math.max(1, Object.keys(paths).length) * (5 * spec.roundDeadlineMs + 600_000);
    let from = this.rounds;
    const arrived = () => {
      // Paths that train again have not come as far as the others.
      from = Math.min(from, this.rounds);
      return this.rounds >= from + CALM_ROUNDS || this.#firstRun?.state === 'finished';
    };
    this.#stepUntil(arrived, patienceMs);
    must(arrived(), () => `no ${CALM_ROUNDS} rounds in ${patienceMs} ms without trouble`);
  }

  addVolunteer(delayMs: number): void {
    const { agenda, faults } = this;
    const volunteer = new VirtualVolunteer(this.volunteers.length + 1, this.#around, this.#presence);
    this.volunteers.push(volunteer);
    this.#byId.set(volunteer.id, volunteer);
    faults.joins++;
    agenda.after(delayMs, () => volunteer.arrive());
  }

  /** The operator's actions. */
  operate(fact: Fact): void {
    this.disturb();
    this.host.record([fact]);
  }

  /** Something happened after which time alone proves nothing about progress. */
  disturb(): void {
    this.#quietSince = this.agenda.now;
  }

  #isLongEnough(): boolean {
    const { rounds, events, crashes, restarts, virtualMs } = this.scenario;
    if (virtualMs > 0) return this.agenda.now >= virtualMs;
    const isTroubled = this.faults.crashes >= crashes && this.faults.restarts >= restarts;
    return isTroubled && this.host.eventCount >= events && (this.rounds >= rounds || this.ended);
  }

  #stepUntil(isDone: () => boolean, mostMs: number): void {
    const end = this.agenda.now + mostMs;
    while (this.agenda.now < end && !isDone()) this.agenda.step();
  }

  #startAgain(): void {
    this.disturb();
    this.faults.restarts++;
    const { agenda, random, host, faults } = this;
    agenda.after(random.waitMs(random.pick([2000, 20_000])), () => host.start(faults.restarts + 1));
  }

  /** Now and then everything is looked over. */
  #beat(): void {
    const { host, agenda } = this;
    for (const volunteer of this.here) volunteer.tab?.look();
    if (host.upSince !== null) {
      host.record();
      if (host.upSince !== null && host.isSettled) this.#lookOver(host.upSince);
    }
    agenda.after(LOOK_MS, () => this.#beat());
  }

  #lookOver(upSince: number): void {
    const { host, here, agenda } = this;
    const quietSince = Math.max(upSince, this.#quietSince);
    const able = ableOf(here, host.state, quietSince, agenda.now);
    this.#watch.look(host.state, host.now(), steadyMsOf(here, quietSince, agenda.now), able);
    mustHaveNoIdle(host.state, this.#plans, host.now());
  }
}
