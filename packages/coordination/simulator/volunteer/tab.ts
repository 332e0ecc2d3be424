import type { Down } from '@pathfold/protocol/down';
import type { Decision } from '../../volunteer/events.ts';
import { type Happening, type Mind, runMind } from '../../volunteer/run-mind.ts';
import { Session } from '../network.ts';
import type { Machine, Page } from './machine.ts';
import { MindWatch } from './mind-watch.ts';
import { Sharing } from './sharing.ts';
import { Working } from './working.ts';

/** The test of the device takes so long on average. */
const PROBE_MS = 800;

/** The real mind of a volunteer, and what packages/volunteer/volunteer.ts does for it, until the page is closed. */
export class Tab implements Page {
  readonly volunteer: Machine;
  readonly mind: Mind;
  readonly watch: MindWatch;
  readonly #working: Working;
  readonly #sharing: Sharing | null;
  isGone = false;
  #session: Session | null = null;
  #probes = 0;
  #wake: { readonly at: number; readonly act: () => void } | null = null;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(volunteer: Machine) {
    this.volunteer = volunteer;
    const { disk, around, clock } = volunteer;
    this.watch = new MindWatch(volunteer);
    this.mind = runMind(
      { now: () => clock.now(), after: (ms, act) => this.#wakeAfter(ms, act) },
      (decision) => this.#perform(decision),
      () => {
        this.watch.rest(this.mind.state, clock.now());
        volunteer.noteWell();
      },
      around.mind,
    );
    this.#working = new Working(this);
    this.#sharing = volunteer.shares ? new Sharing(this) : null;
    if (disk.resume !== null) this.mind.tell({ type: 'ResumeRestored', resume: disk.resume });
    this.tell({ type: 'UploadsRestored', uploads: [...disk.uploads.values()] });
  }

  get isConnected(): boolean {
    return this.mind.state.link.phase === 'open' && this.#session?.dead === false;
  }

  get sharing(): Sharing | null {
    return this.#sharing;
  }

  tell(happening: Happening): void {
    this.watch.see(happening, this.volunteer.clock.now());
    this.mind.tell(happening);
  }

  start(): void {
    this.#do(() => this.tell({ type: 'Started', choice: 'automatic' }));
  }

  stop(): void {
    this.#do(() => this.tell({ type: 'StopAsked' }));
  }

  finish(): void {
    this.#do(() => this.tell({ type: 'FinishAsked' }));
  }

  /** The person pauses it for a while. */
  pause(ms: number): void {
    this.#do(() => this.tell({ type: 'Paused' }));
    this.later(ms, () => this.tell({ type: 'Resumed' }));
  }

  close(noticed: boolean): void {
    this.isGone = true;
    this.#loseSession(noticed);
  }

  loseSocket(noticed: boolean): void {
    if (!this.#session?.openAtTab) return;
    this.#loseSession(noticed);
    if (noticed) this.#do(() => this.#socketClosed());
  }

  /** `ms` of the agenda's time. Nothing happens in a page that is gone, and in one that stands still it happens later. */
  later(ms: number, act: () => void): void {
    this.volunteer.around.agenda.after(ms, () => this.#do(act));
  }

  send(message: Parameters<Session['up']>[0]): void {
    if (this.mind.state.link.phase === 'open') this.#session?.up(message);
  }

  /** Looks over what time alone can break. */
  look(): void {
    if (this.volunteer.around.agenda.now < this.volunteer.stalledUntil + 1000) return;
    this.watch.look(this.mind.state, this.volunteer.clock.now());
    this.#sharing?.look();
  }

  #do(act: () => void): void {
    const { volunteer } = this;
    if (this.isGone) return;
    if (volunteer.isStalled)
      volunteer.around.agenda.after(volunteer.stalledUntil - volunteer.around.agenda.now, () => this.#do(act));
    else act();
  }

  /** One timer of the mind at a time: one that comes too early is set again. */
  #wakeAfter(ms: number, act: () => void): () => void {
    const { clock, around } = this.volunteer;
    const at = around.agenda.now + clock.trueMs(ms);
    const wake = { at, act };
    this.#wake = wake;
    if (at < this.#wakesAt) this.#armWake(at);
    return () => {
      if (this.#wake === wake) this.#wake = null;
    };
  }

  #armWake(at: number): void {
    const { agenda } = this.volunteer.around;
    this.#wakesAt = at;
    this.later(at - agenda.now, () => {
      if (this.#wakesAt !== at) return;
      this.#wakesAt = Number.POSITIVE_INFINITY;
      const wake = this.#wake;
      if (!wake) return;
      if (wake.at > agenda.now) return this.#armWake(wake.at);
      this.#wake = null;
      wake.act();
    });
  }

  #perform(decision: Decision): void {
    this.watch.decided(decision, this.mind.state, this.#session?.openAtTab ?? false, this.volunteer.clock.now());
    switch (decision.type) {
      case 'ConnectBegan':
        this.#connect();
        return;
      case 'LinkCut':
        this.#loseSession(true);
        return;
      case 'MessageSent':
        this.#session?.up(decision.message);
        return;
      case 'ProbeBegan':
        this.#probe();
        return;
      case 'ProbeKilled':
        this.#probes++;
        return;
      case 'WorkBegan':
        if (this.mind.state.work) this.#working.begin(this.mind.state.work.lease);
        return;
      case 'WorkCut':
        this.#working.cut();
        return;
      case 'WorkKilled':
        this.#working.kill();
        return;
      case 'UploadBegan':
        this.#working.upload(decision.lease);
        return;
      case 'UploadCut':
        this.#working.breakOff(decision.lease);
        return;
      case 'UploadDropped':
        this.#working.breakOff(decision.lease);
        this.volunteer.disk.discard(decision.lease);
        return;
      case 'StateCommitted':
        this.volunteer.disk.commit(decision.lease);
        return;
      case 'StateDropped':
        this.volunteer.disk.drop(decision.lease);
        return;
      case 'Stopped':
        this.volunteer.finished();
        return;
    }
  }

  #connect(): void {
    const { volunteer } = this;
    const { network, door, random, agenda } = volunteer.around;
    this.#loseSession(true);
    const session: Session = new Session(network, volunteer, {
      heardUp: (from, message) => door.hear(from, message),
      closedUp: (from) => door.closed(from),
      heardDown: (message) => this.#do(() => this.#session === session && this.#hear(message)),
      closedDown: () => this.#do(() => this.#session === session && this.#socketClosed()),
    });
    this.#session = session;
    const { resume } = this.mind.state;
    agenda.after(random.int(0, 200), () =>
      network.carry(session, null, () => {
        if (!session.openAtTab) return;
        if (door.isOpen) door.join(session, resume);
        else session.closeAtHost();
      }),
    );
  }

  #hear(message: Down): void {
    this.tell({ type: 'Heard', message });
    if (message.type === 'welcome') this.volunteer.disk.resume = message.resume;
    if (message.type === 'welcome') this.#sharing?.announce();
    else if (message.type === 'peers') this.#sharing?.found(message);
  }

  #socketClosed(): void {
    this.#session = null;
    this.tell({ type: 'SocketClosed', chance: this.volunteer.around.random.fraction() });
  }

  #loseSession(noticed: boolean): void {
    const session = this.#session;
    if (!session) return;
    if (noticed || this.isGone) this.#session = null;
    if (noticed) session.closeAtTab();
    else session.dead = true;
    if (this.isGone) session.openAtTab = false;
    this.volunteer.noteWell();
  }

  #probe(): void {
    const { random, fault } = this.volunteer.around;
    const mine = ++this.#probes;
    this.later(random.waitMs(PROBE_MS), () => {
      if (mine !== this.#probes) return;
      if (random.chance(fault))
        this.tell({ type: 'DeviceFailed', code: 'device_lost', detail: '', chance: random.fraction() });
      else this.tell({ type: 'DeviceReady', executor: this.executor, memoryBytes: this.volunteer.memoryBytes });
    });
  }

  get executor() {
    return { name: 'virtual', adapter: '', tokensPerSecond: this.volunteer.claimedSpeed };
  }
}
