import type { Report } from '@pathfold/protocol/report';
import type { Agenda } from './agenda.ts';
import { type Fact, isTrusted, type VirtualHost, type Word } from './host.ts';
import type { Presence } from './presence.ts';
import { Random } from './random.ts';

export type Lie = 'norm' | 'nan' | 'steps' | 'no-steps' | 'tokens';

/** What all virtual volunteers share. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly seed: number;
  /** Every third volunteer has little memory. */
  readonly small: boolean;
  readonly host: VirtualHost;
  readonly presence: Presence<VirtualVolunteer>;
  readonly duplicate: number;
  readonly reorder: number;
  readonly lie: number;
  readonly sorts?: readonly Lie[] | undefined;
  readonly faults: { duplicates: number; reorderings: number };
  /** Lies in contributions, by lease: what the host's check will find. */
  readonly lies: Map<string, Lie>;
}

interface Work {
  readonly lease: string;
  readonly steps: number;
  readonly tokens: number;
  readonly stepMs: number;
  /** When everything is fetched. */
  readonly computesAt: number;
}

const LIES: readonly Lie[] = ['norm', 'nan', 'steps', 'no-steps', 'tokens'];
/** Bytes of memory that hold any work of a simulation. */
const PLENTY = 1e9;
/** Part of a lease's time after which a volunteer hands in what it has. */
const CUT_PART = 0.8;

/** A volunteer in virtual time: what it computes takes its time, what it says travels, and much can go wrong. */
export class VirtualVolunteer {
  readonly id: string;
  readonly number: number;
  readonly #around: Surroundings;
  readonly tokensPerSecond: number;
  /** 0: it does not tell. */
  readonly #memoryBytes: number;
  readonly #claimedSpeed: number;
  readonly #latencyMs: number;
  readonly #travelMs: number;
  /** Never lies. */
  readonly honest: boolean;
  /** Since when all is well with it: connected, not stalled; null otherwise. */
  wellSince: number | null = null;
  banned = false;
  #here = false;
  #session = 0;
  #open = false;
  #stalled = false;
  #work: Work | null = null;
  #upload: Work | null = null;
  #leaving = false;
  #hereSince: number | null = null;
  #lentMs = 0;

  /** `number`: counts those who ever came. */
  constructor(number: number, around: Surroundings) {
    const { random } = around;
    this.id = `v${number}`;
    this.number = number;
    this.#around = around;
    this.tokensPerSecond = random.around(256, 4);
    const claims = [0, this.tokensPerSecond, this.tokensPerSecond, 1e9, 1];
    this.#claimedSpeed = around.lie > 0 ? random.pick(claims) : this.tokensPerSecond;
    this.#latencyMs = random.around(50, 5);
    this.#travelMs = random.around(800, random.chance(0.1) ? 20 : 4);
    this.honest = random.chance(0.7) || isTrusted(this.id);
    const memory = new Random(around.seed ^ (number << 8));
    const isSmall = around.small && number % 3 === 0;
    this.#memoryBytes = isSmall ? Math.round(memory.around(2e6, 2)) : memory.pick([0, PLENTY]);
  }

  /** Wants to take part. */
  get here(): boolean {
    return this.#here;
  }

  set here(here: boolean) {
    this.#here = here;
    if (here) this.#around.presence.enter(this);
    else this.#around.presence.leave(this);
  }

  /** For how long it has lent its machine, until now. */
  get lentMs(): number {
    return this.#lentMs + (this.#hereSince === null ? 0 : this.#around.agenda.now - this.#hereSince);
  }

  /** Whether the coordinator hears its heartbeats. */
  get isHeard(): boolean {
    return this.#open && !this.#stalled;
  }

  arrive(): void {
    this.here = true;
    this.#leaving = false;
    this.#hereSince = this.#around.agenda.now;
    this.#connect(false);
  }

  /** Says good-bye: gives back what it holds. */
  leave(): void {
    if (!this.#open) {
      this.vanish(true);
      return;
    }
    this.#say([{ type: 'VolunteerAway', volunteer: this.id }]);
    if (this.#work) this.#release(this.#work.lease);
    this.vanish(true);
  }

  /** Hands in the steps that it has done, and then says good-bye. */
  finish(): void {
    const work = this.#work;
    const done = work ? Math.floor((this.#around.agenda.now - work.computesAt) / work.stepMs) : 0;
    if (!work || !this.#open || this.#stalled || done < 1) {
      this.leave();
      return;
    }
    this.#leaving = true;
    this.#work = { ...work, steps: done, tokens: (work.tokens * done) / work.steps };
    this.#finish(work.lease);
  }

  /** Is gone with all it had. `noticed`: the socket closes; otherwise the coordinator can only wait for silence. */
  vanish(noticed: boolean): void {
    this.#lentMs = this.lentMs;
    this.#hereSince = null;
    this.here = false;
    this.#work = null;
    this.#upload = null;
    this.#close(noticed);
  }

  /** Loses its connection, and goes on computing. */
  drop(noticed: boolean): void {
    if (!this.#open) return;
    this.#close(noticed);
    this.#connectLater(true);
  }

  /** Neither computes nor sends for a while, with the socket open. */
  stall(ms: number): void {
    if (this.#stalled) return;
    this.#stalled = true;
    this.wellSince = null;
    this.#around.agenda.after(ms, () => {
      this.#stalled = false;
      if (this.#open) this.wellSince = this.#around.agenda.now;
    });
  }

  /** A word of the coordinator sets out on its way here. */
  hear(word: Word): void {
    const session = this.#session;
    if (word.type === 'closed') this.#lostSocket();
    else
      this.#around.agenda.after(this.#latencyMs, () => {
        if (session === this.#session && this.#open) this.#react(word);
      });
  }

  /** Whether its work can be relied on: it tells the truth, has memory for all, and a link fast enough for a short round. */
  get isCapable(): boolean {
    return this.honest && this.#travelMs < 3000 && (this.#memoryBytes === 0 || this.#memoryBytes >= PLENTY);
  }

  #react(word: Exclude<Word, { type: 'closed' }>): void {
    if (this.#stalled) {
      this.#around.agenda.after(1000, () => this.#open && this.#react(word));
      return;
    }
    switch (word.type) {
      case 'welcome':
        if (this.#work && this.#work.lease !== word.lease) this.#work = null;
        if (word.lease !== null && word.lease !== this.#work?.lease && word.lease !== this.#upload?.lease)
          this.#release(word.lease);
        if (this.#upload) this.#send();
        else if (!this.#work) this.#ask();
        return;
      case 'lease':
        if (this.#work || this.#upload || !this.here) this.#release(word.lease);
        else this.#begin(word.lease);
        return;
      case 'revoke':
        if (this.#work?.lease === word.lease) this.#work = null;
        else if (this.#upload?.lease === word.lease) this.#upload = null;
        else return;
        this.#ask();
        return;
    }
  }

  #connect(resume: boolean): void {
    const { host, agenda, random } = this.#around;
    if (!this.here || this.#open || this.banned) return;
    if (host.upSince === null || this.#stalled) {
      this.#connectLater(resume);
      return;
    }
    this.#open = true;
    this.wellSince = agenda.now;
    const session = ++this.#session;
    agenda.after(this.#latencyMs + random.int(0, 200), () => {
      if (session !== this.#session || !this.#open) return;
      if (host.upSince === null) this.#lostSocket();
      else host.join(this.id, resume);
    });
  }

  #connectLater(resume: boolean): void {
    const { agenda, random } = this.#around;
    agenda.after(random.int(500, 8000), () => this.#connect(resume));
  }

  #close(noticed: boolean): void {
    if (!this.#open) return;
    this.#open = false;
    this.wellSince = null;
    const { agenda, host } = this.#around;
    const session = this.#session;
    if (!noticed) return;
    agenda.after(this.#latencyMs, () => {
      if (session === this.#session && !this.#open) host.record([{ type: 'VolunteerLost', volunteer: this.id }]);
    });
  }

  /** The other end closed the socket. */
  #lostSocket(): void {
    if (!this.#open) return;
    this.#open = false;
    this.wellSince = null;
    if (this.here) this.#connectLater(true);
  }

  #ask(): void {
    if (this.#leaving) this.leave();
    if (!this.here) return;
    const executor = { name: 'virtual', adapter: '', tokensPerSecond: this.#claimedSpeed };
    this.#say([{ type: 'VolunteerReady', volunteer: this.id, executor, memoryBytes: this.#memoryBytes }]);
  }

  #release(lease: string): void {
    this.#say([{ type: 'LeaseEnded', lease, code: 'user', detail: '' }]);
    if (this.#work?.lease === lease) this.#work = null;
    if (!this.#work && !this.#upload) this.#ask();
  }

  #begin(lease: string): void {
    const { host, agenda, random } = this.#around;
    const record = host.state.leases[lease];
    if (!record) return;
    const { task } = record;
    const stepMs = (1000 * task.tokens) / task.steps / (this.tokensPerSecond * random.around(1, 1.2));
    const steps = Math.min(task.steps, Math.floor((CUT_PART * task.durationMs - this.#travelMs) / stepMs));
    if (steps < 1) {
      this.#release(lease);
      return;
    }
    const tokens = (steps * task.tokens) / task.steps;
    this.#work = { lease, steps, tokens, stepMs, computesAt: agenda.now + this.#travelMs };
    agenda.after(this.#travelMs + steps * stepMs, () => this.#finish(lease));
  }

  #finish(lease: string): void {
    const { agenda, random, lies, lie, sorts = LIES } = this.#around;
    if (this.#work?.lease !== lease) return;
    if (this.#stalled) {
      agenda.after(1000, () => this.#finish(lease));
      return;
    }
    this.#upload = this.#work;
    this.#work = null;
    if (!this.honest && random.chance(lie)) lies.set(lease, random.pick(sorts));
    if (this.#open) this.#send();
  }

  /** Uploads what is waiting; again after each reconnect until the coordinator has answered. */
  #send(): void {
    const { agenda, host, random } = this.#around;
    const upload = this.#upload!;
    const session = this.#session;
    agenda.after(random.waitMs(this.#travelMs), () => {
      if (this.#upload !== upload || session !== this.#session || !this.#open) return;
      this.#say([this.#contribution(upload)], 0);
      agenda.after(this.#latencyMs + 1, () => {
        if (this.#upload !== upload || session !== this.#session || host.upSince === null) return;
        this.#upload = null;
        this.#ask();
      });
    });
  }

  #contribution({ lease, steps, tokens, stepMs }: Work): Fact {
    const { lies } = this.#around;
    const lie = lies.get(lease);
    const report: Report = {
      steps: lie === 'steps' ? steps + 1000 : lie === 'no-steps' ? 0 : steps,
      tokens: lie === 'tokens' ? tokens + 1_000_000 : tokens,
      computeMs: Math.round(steps * stepMs),
      loss: 3,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 'virtual', adapter: '', tokensPerSecond: this.tokensPerSecond },
    };
    const sha256 = lease.slice(1).padStart(64, '0');
    return { type: 'ContributionReceived', lease, sha256, bytes: 4096, report };
  }

  /** A message sets out to the coordinator: it may come twice, and later than the next one. */
  #say(facts: readonly Fact[], latencyMs = this.#latencyMs): void {
    const { agenda, host, random, duplicate, reorder, faults } = this.#around;
    const session = this.#session;
    const arrive = () => {
      if (session === this.#session) host.record(facts);
    };
    if (latencyMs === 0) arrive();
    else if (random.chance(reorder)) {
      faults.reorderings++;
      agenda.after(latencyMs + random.waitMs(2000), arrive);
    } else agenda.after(latencyMs, arrive);
    if (!random.chance(duplicate) || facts.some(({ type }) => type === 'VolunteerAway')) return;
    faults.duplicates++;
    agenda.after(latencyMs + random.waitMs(20_000), () => host.record(facts));
  }
}
