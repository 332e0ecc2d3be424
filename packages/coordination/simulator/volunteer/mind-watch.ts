import type { Decision } from '../../volunteer/events.ts';
import type { Happening } from '../../volunteer/run-mind.ts';
import type { VolunteerState } from '../../volunteer/state.ts';
import { must } from '../violation.ts';
import type { Machine } from './machine.ts';

/** Longest waits for a word on an open socket and for the welcome, by the volunteer's clock. */
const SILENCE_MS = 30_000;
const SLACK_MS = 1000;
/** Longest pause before a lost connection is made again. */
const LONGEST_BACKOFF_MS = 30_000;
/** Computing has ended so long after a stop. */
const STOP_MS = 1000;
/** The mind knows its 50 latest outcomes. To the disk a state that counts already, said again later, is nothing new. */
const RECENT = 25;

/**
 * Books of its own about one volunteer's mind, from a page's beginning to its end. No lease is computed twice, none that
 * it holds is forgotten, what was computed is handed in until the coordinator has it, the state that the work left counts
 * once and only when that was accepted, and nothing is waited for on a link that died.
 */
export class MindWatch {
  readonly #volunteer: Machine;
  /** Leases that it was given or is said to hold, until it gives them back, hands them in or loses them. */
  readonly #held = new Set<string>();
  readonly #revoked = new Set<string>();
  /** Contributions that are not handed in yet. */
  readonly #contributions = new Set<string>();
  readonly #committed = new Set<string>();
  readonly #dropped = new Set<string>();
  /** The mind's duties in this turn: states that count now, and that never will. */
  readonly #due = new Map<string, 'counts' | 'is dropped'>();
  #computing: string | null = null;
  #isCut = false;
  /** The result of the work in hand is to be thrown away: it was stopped, or may not take part. */
  #isUseless = false;
  #uploading: string | null = null;
  #probing = false;
  #heardAt = 0;
  #isWelcomed = false;
  #closedAt: number | null = 0;
  #stoppedAt: number | null = null;

  constructor(volunteer: Machine) {
    this.#volunteer = volunteer;
  }

  get #id(): string {
    return this.#volunteer.id;
  }

  /** Before the mind is told. */
  see(event: Happening, now: number): void {
    switch (event.type) {
      case 'Started':
        this.#stoppedAt = null;
        if (this.#closedAt !== null) this.#closedAt = now;
        return;
      case 'StopAsked':
        this.#stoppedAt ??= now;
        this.#isUseless = true;
        return;
      case 'UploadsRestored':
        for (const { lease } of event.uploads) this.#contributions.add(lease);
        return;
      case 'Heard':
        this.#heardAt = now;
        this.#seeMessage(event.message);
        return;
      case 'SocketClosed':
        this.#close(now);
        return;
      case 'DeviceReady':
      case 'DeviceFailed':
        this.#probing = false;
        return;
      case 'WorkEnded':
      case 'WorkFailed':
        this.#seeEnded(event.lease, event.type === 'WorkEnded' && event.upload !== null);
        return;
      case 'UploadEnded':
      case 'UploadRefused':
        this.#uploading = null;
        this.#contributions.delete(event.lease);
        if (event.type === 'UploadEnded' || event.code === 'lease_ended') this.#held.delete(event.lease);
        return;
      case 'UploadFailed':
        this.#uploading = null;
    }
  }

  /** The mind's decisions, before they are carried out. */
  decided(decision: Decision, { wish, link, uploads }: VolunteerState, isSocketOpen: boolean, now: number): void {
    switch (decision.type) {
      case 'ConnectBegan':
        must(!isSocketOpen, () => `${this.#id} connects though it is connected`);
        this.#heardAt = now;
        this.#closedAt = null;
        return;
      case 'LinkCut':
        this.#close(now);
        return;
      case 'MessageSent':
        must(link.phase === 'open', () => `${this.#id} says ${decision.message.type} before it is welcomed`);
        if (decision.message.type === 'release') this.#seeReleased(decision.message.lease);
        if (decision.message.type === 'ready') {
          this.#mustRemember(uploads);
          const inHand = this.#computing ?? [...this.#contributions][0];
          must(inHand === undefined, () => `${this.#id} asks for work while it has ${inHand} in hand`);
          must(wish === 'running', () => `${this.#id} asks for work though it is ${wish}`);
        }
        return;
      case 'ProbeBegan':
        must(this.#computing === null, () => `${this.#id} tests its device while it computes`);
        this.#probing = true;
        return;
      case 'ProbeKilled':
        this.#probing = false;
        return;
      case 'WorkBegan':
        this.#seeBegun(decision.lease);
        return;
      case 'WorkCut':
        this.#isCut = true;
        return;
      case 'UploadBegan':
        must(this.#uploading === null, () => `${this.#id} hands in two contributions at a time`);
        must(!this.#revoked.has(decision.lease), () => `${this.#id} hands in ${decision.lease}, which was taken back`);
        must(this.#contributions.has(decision.lease), () => `${this.#id} hands in ${decision.lease} again`);
        this.#uploading = decision.lease;
        return;
      case 'UploadCut':
        this.#uploading = null;
        return;
      case 'UploadDropped':
        if (this.#uploading === decision.lease) this.#uploading = null;
        this.#contributions.delete(decision.lease);
        return;
      case 'StateCommitted':
        this.#seeCommitted(decision.lease);
        return;
      case 'StateDropped':
        this.#dropped.add(decision.lease);
        this.#due.delete(decision.lease);
    }
  }

  /** After each turn, when the mind has decided all there was. */
  rest(state: VolunteerState, now: number): void {
    const { work, uploads, returns, link } = state;
    const inHand = work?.lease.lease;
    this.#mustRemember(uploads);
    if (link.phase === 'open')
      for (const lease of this.#held)
        must(
          lease === inHand || this.#contributions.has(lease) || returns.some((entry) => entry.lease === lease),
          () => `${this.#id} forgets the lease ${lease}`,
        );
    const useless = this.#computing !== null && this.#revoked.has(this.#computing);
    must(!useless || this.#isCut, () => `${this.#id} goes on with ${this.#computing}, which was taken back`);
    for (const [lease, what] of this.#due)
      must(false, () => `${this.#id} does not heed that the state of ${lease} ${what}`);
    this.look(state, now);
  }

  #mustRemember(uploads: VolunteerState['uploads']): void {
    for (const lease of this.#contributions)
      must(
        uploads.some(({ upload }) => upload.lease === lease),
        () => `${this.#id} forgets its contribution to ${lease}`,
      );
  }

  /** Invariants that time alone can break. */
  look({ link, wish, refusal }: VolunteerState, now: number): void {
    const quietMs = now - this.#heardAt;
    must(
      this.#closedAt !== null || link.phase === 'closed' || quietMs <= SILENCE_MS + SLACK_MS,
      () => `${this.#id} waits on a link that died`,
    );
    const isAway = this.#closedAt !== null && wish !== 'stopped' && refusal === null;
    must(!isAway || now - this.#closedAt! <= LONGEST_BACKOFF_MS + SLACK_MS, () => `${this.#id} does not connect again`);
    const lateMs = this.#stoppedAt === null || this.#computing === null ? 0 : now - this.#stoppedAt;
    must(lateMs <= STOP_MS + SLACK_MS, () => `${this.#id} computes ${this.#computing} though it was stopped`);
  }

  #seeMessage(message: Extract<Happening, { type: 'Heard' }>['message']): void {
    switch (message.type) {
      case 'welcome':
        if (this.#isWelcomed) return;
        this.#isWelcomed = true;
        this.#held.clear();
        for (const lease of message.leases) if (!this.#revoked.has(lease)) this.#held.add(lease);
        if (this.#computing !== null && !this.#held.has(this.#computing)) this.#revoked.add(this.#computing);
        return;
      case 'error':
        if (message.fatal) this.#isUseless = true;
        return;
      case 'lease':
        if (!this.#revoked.has(message.lease) && !this.#volunteer.told.has(message.lease))
          this.#held.add(message.lease);
        this.#volunteer.told.add(message.lease);
        return;
      case 'revoke':
        this.#held.delete(message.lease);
        this.#revoked.add(message.lease);
        return;
      case 'settled':
        if (message.state === 'rejected') {
          if (!this.#dropped.has(message.lease)) this.#due.set(message.lease, 'is dropped');
        } else if (
          message.state !== 'received' &&
          !this.#committed.has(message.lease) &&
          !this.#dropped.has(message.lease)
        )
          this.#due.set(message.lease, 'counts');
    }
  }

  #seeBegun(lease: string): void {
    const { computed } = this.#volunteer;
    must(this.#computing === null, () => `${this.#id} computes two leases at a time`);
    must(!this.#probing, () => `${this.#id} computes while it tests its device`);
    must(!computed.has(lease), () => `${this.#id} computes ${lease} a second time`);
    computed.add(lease);
    this.#computing = lease;
    this.#isCut = false;
    this.#isUseless = false;
  }

  #seeEnded(lease: string, hasResult: boolean): void {
    if (this.#computing !== lease) return;
    this.#computing = null;
    if (hasResult && !this.#isUseless && !this.#revoked.has(lease)) this.#contributions.add(lease);
  }

  #seeReleased(lease: string): void {
    must(this.#computing !== lease, () => `${this.#id} gives ${lease} back and computes it`);
    const isHeld = this.#held.delete(lease);
    // A word that took it back may have overtaken the welcome that names it.
    must(isHeld || this.#revoked.has(lease), () => `${this.#id} gives back ${lease}, which it does not hold`);
  }

  #seeCommitted(lease: string): void {
    const recent = [...this.#committed].slice(-RECENT);
    must(!recent.includes(lease), () => `${this.#id} lets the state of ${lease} count twice`);
    must(
      this.#volunteer.around.accepted.has(lease),
      () => `${this.#id} lets the state of ${lease} count, which is not accepted`,
    );
    this.#committed.add(lease);
    if (this.#due.get(lease) === 'counts') this.#due.delete(lease);
  }

  #close(now: number): void {
    this.#closedAt = now;
    this.#isWelcomed = false;
    this.#held.clear();
  }
}
