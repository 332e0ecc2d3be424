import { checkpointRounds } from '../coordinator/checkpoints.ts';
import type { RunFacts } from '../work-plan.ts';
import type { Agenda } from './agenda.ts';
import type { Fact, VirtualHost } from './host.ts';
import type { SimulatedKind } from './kind.ts';
import { Random } from './random.ts';
import type { Churn, Scenario } from './scenario.ts';
import type { VirtualVolunteer } from './volunteer/volunteer.ts';

/** The parts that troubles can touch. */
export interface Troubled {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly host: VirtualHost;
  readonly scenario: Scenario;
  readonly kinds: readonly SimulatedKind[];
  readonly runs: readonly RunFacts[];
  /** All who ever came; those who are here. */
  readonly volunteers: readonly VirtualVolunteer[];
  readonly here: readonly VirtualVolunteer[];
  readonly faults: { crashes: number; stalls: number; reloads: number; splits: number };
  addVolunteer(delayMs: number): void;
  operate(fact: Fact): void;
  disturb(): void;
}

const MINUTE = 60_000;
/** A run that is slow would never come to its rounds otherwise. */
const MOST_ROLLBACKS = 8;

/** Everything that goes wrong in a scenario, beside what happens to single messages. */
export class Troubles {
  readonly #world: Troubled;
  #ended = false;
  #rollbacks = 0;

  constructor(world: Troubled) {
    this.#world = world;
    const { troubles, churn, growths, seed } = world.scenario;
    if (churn) this.#churn(churn);
    this.#repeat(troubles.joinMs, () => this.#join());
    this.#repeat(troubles.leaveMs, () => this.#leave());
    this.#repeat(troubles.crashMs, () => this.#crash());
    this.#repeat(troubles.dropMs, () => this.#pick()?.drop(world.random.chance(0.7)));
    this.#repeat(troubles.stallMs, () => this.#stall());
    this.#repeat(troubles.reloadMs, () => this.#reload());
    this.#repeat(troubles.pauseMs, () => this.#pick()?.tab?.pause(world.random.waitMs(MINUTE)));
    this.#repeat(troubles.splitMs, () => this.#split());
    this.#repeat(troubles.exodusMs, () => this.#exodus());
    this.#repeat(troubles.restartMs, () => (world.random.chance(0.5) ? world.host.die() : world.host.doom()));
    this.#repeat(troubles.clockJumpMs, () => this.#jump());
    this.#repeat(troubles.operatorMs, () => this.#operate());
    if (world.scenario.rollsBack)
      this.#repeat(3 * MINUTE, () => this.#rollbacks++ < MOST_ROLLBACKS && this.#takeBack());
    this.#growLater(growths, new Random(seed ^ 0x960b));
  }

  /** No more of it. What was broken off goes on: runs train, the coordinator starts within a minute or so. */
  end(): void {
    this.#ended = true;
    for (const { id } of this.#world.runs) this.#resume(id);
  }

  #repeat(meanMs: number, act: () => void): void {
    if (!Number.isFinite(meanMs)) return;
    const { agenda, random } = this.#world;
    agenda.after(random.waitMs(meanMs), () => {
      if (this.#ended) return;
      act();
      this.#repeat(meanMs, act);
    });
  }

  #pick(): VirtualVolunteer | null {
    const { here } = this.#world;
    return here.length > 0 ? this.#world.random.pick(here) : null;
  }

  #join(): void {
    if (this.#world.here.length < 1.5 * this.#world.scenario.volunteers) this.#world.addVolunteer(0);
  }

  #leave(): void {
    if (this.#world.here.length > Math.max(1, this.#world.scenario.volunteers / 2)) this.#pick()?.leave();
  }

  #crash(): void {
    const { random, faults } = this.#world;
    const victim = this.#pick();
    if (!victim) return;
    faults.crashes++;
    victim.vanish(random.chance(0.5));
    if (random.chance(0.2)) victim.disk.wipe();
    this.#comeBack(victim, MINUTE);
  }

  #comeBack(volunteer: VirtualVolunteer, meanMs: number): void {
    const { agenda, random } = this.#world;
    agenda.after(random.waitMs(meanMs), () => {
      if (!volunteer.here && !volunteer.banned) volunteer.arrive();
    });
  }

  #stall(): void {
    const { random, faults } = this.#world;
    faults.stalls++;
    this.#pick()?.stall(random.waitMs(MINUTE));
  }

  #reload(): void {
    this.#world.faults.reloads++;
    this.#pick()?.reload();
  }

  /** For a while a part of the volunteers cannot reach the others and the coordinator: nobody is told. */
  #split(): void {
    const { agenda, random, here, faults } = this.#world;
    faults.splits++;
    const part = random.fraction() / 2;
    const cut = here.filter(() => random.chance(part));
    for (const volunteer of cut) volunteer.split(true);
    agenda.after(random.waitMs(MINUTE), () => {
      for (const volunteer of cut) volunteer.split(false);
    });
  }

  #exodus(): void {
    for (const volunteer of [...this.#world.here]) {
      if (this.#world.random.chance(0.5)) volunteer.leave();
      else volunteer.vanish(true);
      this.#comeBack(volunteer, 10 * MINUTE);
    }
  }

  /** All the time some go, and as many come. */
  #churn(churn: Churn): void {
    const { agenda, random, here } = this.#world;
    agenda.after(churn.everyMs, () => {
      if (this.#ended) return;
      for (let i = 0; i < churn.part * here.length; i++) {
        const at = random.int(0, churn.everyMs);
        agenda.after(at, () => {
          const victim = this.#ended ? null : this.#pick();
          if (random.chance(churn.announced)) victim?.finish();
          else victim?.vanish(false);
          if (victim) this.#world.addVolunteer(0);
        });
      }
      this.#churn(churn);
    });
  }

  /** The machine slept for up to an hour, or its clock was set, forward or back. */
  #jump(): void {
    const { random, host } = this.#world;
    this.#world.disturb();
    if (random.chance(0.2)) host.jump(random.int(0, 60 * MINUTE));
    else host.jump(random.pick([-1, 1]) * random.int(0, random.pick([1000, MINUTE])));
  }

  #operate(): void {
    const { agenda, random, runs, scenario, volunteers, host } = this.#world;
    const run: RunFacts = random.pick(runs);
    const deed = random.int(0, 9);
    if (scenario.switchesMode && random.chance(0.5)) {
      const mode = random.pick(['sync', 'async', 'hybrid'] as const);
      const arrivals = random.pick([undefined, null, ['level0'], ['embedding', 'head']]);
      const change = mode === 'hybrid' && arrivals !== undefined && { arrivals };
      this.#world.operate({ type: 'RunModeChanged', run: run.id, mode, ...change });
    }
    if (deed <= 4) {
      this.#world.operate({ type: 'RunStateChanged', run: run.id, state: 'paused', reason: null });
      agenda.after(random.waitMs(MINUTE), () => this.#resume(run.id));
    } else if (deed <= 7) {
      for (const kind of host.state.runs[run.id]?.kinds ?? [])
        this.#world.operate({ type: 'WorkRequested', run: run.id, kind });
    } else if (deed === 8 && run !== scenario.runs[0]) this.#world.operate({ type: 'RunDeleted', run: run.id });
    else if (deed === 9 && this.#world.here.length > 3) {
      const banned = random.pick(volunteers);
      banned.banned = true;
      banned.here = false;
      this.#world.operate({ type: 'VolunteerBanned', volunteer: banned.id });
    }
  }

  /** A run pauses and goes back to an earlier round: a moment later, as what was under way comes in. Now and then it is none that is kept. */
  #takeBack(): void {
    const { agenda, random, runs, host } = this.#world;
    const { id: run } = random.pick(runs);
    this.#world.operate({ type: 'RunStateChanged', run, state: 'paused', reason: null });
    agenda.after(random.waitMs(1000), () => {
      const record = host.state.runs[run];
      if (this.#ended || !record) return;
      const round = random.chance(0.9) ? random.pick([0, ...checkpointRounds(record)].slice(-3)) : random.int(0, 20);
      this.#world.operate({ type: 'RollbackRequested', run, round });
      agenda.after(random.waitMs(MINUTE), () => this.#resume(run));
    });
  }

  /** Its own chances: whatever else happens in the scenario happens as it would. */
  #growLater(times: number, random: Random): void {
    if (times === 0) return;
    this.#world.agenda.after(random.waitMs(4 * MINUTE), () => {
      if (!this.#ended) this.#growLater(this.#grow(random) ? times - 1 : times, random);
    });
  }

  /** The operator adds to the first run, if it can grow now. */
  #grow(random: Random): boolean {
    const { host, scenario, kinds } = this.#world;
    const run = host.state.runs[scenario.runs[0]!.id];
    if (host.upSince === null || !run || run.state === 'finished') return false;
    const { facts, works } = run;
    for (const { plan, growth } of kinds.filter(({ plan }) => run.kinds.includes(plan.name))) {
      const ask = plan.orders?.growing?.(works[plan.name]) ? null : growth?.(facts, random);
      if (!ask) continue;
      this.#world.operate({ type: 'WorkRequested', run: facts.id, kind: plan.name, ask });
      return true;
    }
    return false;
  }

  /** The mind paused a run: somebody looks at it, sooner or later. */
  mend(run: string): void {
    this.#world.agenda.after(this.#world.random.waitMs(MINUTE), () => this.#resume(run));
  }

  #resume(run: string): void {
    const { host, agenda } = this.#world;
    if (host.upSince === null) agenda.after(1000, () => this.#resume(run));
    else if (host.state.runs[run]?.state === 'paused')
      this.#world.operate({ type: 'RunStateChanged', run, state: 'training', reason: null });
  }
}
