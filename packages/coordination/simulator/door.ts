import type { Down } from '@pathfold/protocol/down';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import type { Up } from '@pathfold/protocol/up';
import type { CoordinatorEvent } from '../events.ts';
import { Directory } from '../swarm/directory.ts';
import type { VirtualHost } from './host.ts';
import type { Session } from './network.ts';
import type { Random } from './random.ts';

/** Every fifth shares one network with the others of these. */
const networkOf = (volunteer: string): string => (Number(volunteer.slice(1)) % 5 === 0 ? 'shared' : volunteer);

/** The operator vouches for some, who never lie. */
export const isTrusted = (volunteer: string): boolean => Number(volunteer.slice(1)) % 9 === 4;

const HEARTBEAT_MS = 10_000;

export type HandedIn = { readonly ok: true } | { readonly ok: false; readonly code: ErrorCode };
type Settled = Extract<Down, { type: 'settled' }>['state'];

/** `undone`: its run was taken back before its contribution was folded. */
interface Holder {
  readonly volunteer: string;
  readonly run: string;
  fate: 'open' | 'over' | 'undone';
}

/** Between the coordinator's mind and the volunteers' sockets and uploads, as server/desk.ts and server/effects.ts are. */
export class Door {
  readonly #host: () => VirtualHost;
  readonly #random: Random;
  readonly #silenceMs: number;
  readonly #sessions = new Map<string, Session>();
  /** Holder of a lease, until nothing more is to be said about it. */
  readonly #holders = new Map<string, Holder>();
  readonly #received = new Map<string, string>();
  readonly #folds = new Map<string, readonly string[]>();
  readonly #directory = new Directory();

  constructor(host: () => VirtualHost, random: Random, silenceMs: number) {
    this.#host = host;
    this.#random = random;
    this.#silenceMs = silenceMs;
  }

  get isOpen(): boolean {
    return this.#host().upSince !== null;
  }

  /** A volunteer said hello on a socket and proved who it is. */
  join(session: Session, resume: string | null): void {
    const host = this.#host();
    const volunteer = session.line.id;
    session.openAtHost = true;
    const old = this.#sessions.get(volunteer);
    this.#sessions.set(volunteer, session);
    if (old) this.#fail(old, 'replaced');
    this.#directory.gone(volunteer);
    if (host.state.volunteers[volunteer]?.banned) {
      this.#fail(session, 'banned');
      return;
    }
    const origin = networkOf(volunteer);
    const trusted = isTrusted(volunteer) && ({ trusted: true } as const);
    const held = host.state.volunteers[volunteer]?.lease ?? null;
    host.record([{ type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node', origin, ...trusted }]);
    if (held !== null && resume === null && this.#isHeldBy(volunteer, held))
      host.record([{ type: 'LeaseEnded', lease: held, code: 'replaced', detail: '' }]);
    if (!this.isOpen) return;
    const record = host.state.volunteers[volunteer];
    session.down({
      ...{ type: 'welcome', volunteer, resume: `resume of ${volunteer}`, iceServers: [] },
      ...{ heartbeatMs: HEARTBEAT_MS, silenceMs: this.#silenceMs },
      ...{ credit: record?.credit ?? 0, leases: record?.lease ? [record.lease] : [] },
    });
  }

  hear(session: Session, message: Up): void {
    const host = this.#host();
    const volunteer = session.line.id;
    if (this.#sessions.get(volunteer) !== session || !this.isOpen) return;
    host.heard(volunteer);
    switch (message.type) {
      case 'ping':
        session.down({ type: 'pong' });
        return;
      case 'ready': {
        const { executor, memoryBytes } = message;
        host.record([{ type: 'VolunteerReady', volunteer, executor, memoryBytes }]);
        return;
      }
      case 'away':
        host.record([{ type: 'VolunteerAway', volunteer }]);
        return;
      case 'release': {
        const { lease, code, detail } = message;
        // Whether it is held still, the mind must find out itself.
        host.record([{ type: 'LeaseEnded', lease, code, detail }]);
        return;
      }
      case 'have':
        this.#directory.have(volunteer, message.blobs);
        return;
      case 'want': {
        const answer = this.#directory.want(volunteer, message, host.now(), this.#random.fraction());
        session.down({ type: 'peers', sha256: message.sha256, ...answer });
        return;
      }
      case 'report':
        this.#directory.report(message.peer, networkOf(volunteer), host.now());
        return;
    }
  }

  closed(session: Session): void {
    const { id } = session.line;
    session.openAtHost = false;
    if (this.#sessions.get(id) !== session) return;
    this.#sessions.delete(id);
    this.#directory.gone(id);
    this.#host().record([{ type: 'VolunteerLost', volunteer: id }]);
  }

  /** An upload has come whole; null when the coordinator died over it. */
  receive(lease: string, sha256: string, bytes: number, report: Report): HandedIn | null {
    const host = this.#host();
    const known = this.#received.get(lease);
    if (known === sha256) return { ok: true };
    if (known !== undefined) return { ok: false, code: 'already_contributed' };
    // The mind itself must take nothing for an ended lease: the door does not look before.
    host.record([{ type: 'ContributionReceived', lease, sha256, bytes, report }]);
    if (!this.isOpen) return null;
    return this.#received.get(lease) === sha256 ? { ok: true } : { ok: false, code: 'lease_ended' };
  }

  /** The coordinator died, and its sockets with it. */
  closeAll(): void {
    for (const session of this.#sessions.values()) session.closeAtHost();
    this.#sessions.clear();
    this.#directory.clear();
  }

  /** Events in the log are known also after a restart. */
  note(event: CoordinatorEvent): void {
    const { leases } = this.#host().state;
    switch (event.type) {
      case 'LeaseGranted':
        this.#holders.set(event.lease, { volunteer: event.volunteer, run: event.run, fate: 'open' });
        return;
      case 'LeaseEnded':
      case 'ContributionRejected': {
        const holder = this.#holders.get(event.lease);
        if (holder && !leases[event.lease]) holder.fate = 'over';
        return;
      }
      case 'RunRolledBack':
        for (const holder of this.#holders.values())
          if (holder.run === event.run && holder.fate === 'open') holder.fate = 'undone';
        return;
      case 'ContributionReceived': {
        const contribution = leases[event.lease]?.contribution;
        if (contribution) this.#received.set(event.lease, contribution.sha256);
        return;
      }
      case 'FoldBegun':
        this.#folds.set(`${event.run}/${event.kind}/${event.fold.key}`, event.fold.contributions);
    }
  }

  /** Says what follows from an event that is in the log. */
  tell(event: CoordinatorEvent, decided: boolean): void {
    switch (event.type) {
      case 'VolunteerReady':
        if (this.#host().state.volunteers[event.volunteer]?.wantsWork)
          this.#send(event.volunteer, { type: 'idle', code: 'no_work', detail: '' });
        return;
      case 'VolunteerLost': {
        const session = decided && this.#sessions.get(event.volunteer);
        if (session) session.closeAtHost();
        if (decided) this.#sessions.delete(event.volunteer);
        return;
      }
      case 'VolunteerBanned': {
        const session = this.#sessions.get(event.volunteer);
        if (session) this.#fail(session, 'banned');
        return;
      }
      case 'LeaseGranted': {
        const { lease, run, kind, volunteer, task } = event;
        const { durationMs, maxPayloadBytes } = task;
        // The whole task: whoever plays the device reads its steps there.
        this.#send(volunteer, {
          type: 'lease',
          lease,
          run,
          kind,
          body: task,
          token: lease,
          durationMs,
          maxPayloadBytes,
        });
        return;
      }
      case 'LeaseEnded': {
        const holder = this.#holders.get(event.lease);
        if (holder?.fate === 'over') this.#holders.delete(event.lease);
        if (decided && holder)
          this.#send(holder.volunteer, { type: 'revoke', lease: event.lease, code: event.code, detail: '' });
        return;
      }
      case 'ContributionReceived':
        this.#settle(event.lease, 'received');
        return;
      case 'ContributionRejected':
        this.#settle(event.lease, 'rejected', event.code);
        return;
      case 'ContributionAccepted':
        this.#settle(event.lease, 'checked');
        return;
      case 'CreditWithdrawn':
        if (event.lease !== undefined) this.#settle(event.lease, 'rejected', 'refuted', event.volunteer);
        return;
      case 'FoldEnded': {
        const id = `${event.run}/${event.kind}/${event.fold}`;
        for (const lease of this.#folds.get(id) ?? []) this.#settle(lease, 'folded');
        this.#folds.delete(id);
        return;
      }
      case 'RunRolledBack':
        for (const [lease, { run, fate }] of this.#holders)
          if (run === event.run && fate === 'undone') {
            this.#settle(lease, 'checked', 'rolled_back');
            this.#holders.delete(lease);
          }
    }
  }

  #settle(lease: string, state: Settled, code: ErrorCode | null = null, to?: string): void {
    const volunteer = to ?? this.#holders.get(lease)?.volunteer;
    if (volunteer === undefined) return;
    const credit = this.#host().state.volunteers[volunteer]?.credit ?? 0;
    this.#send(volunteer, { type: 'settled', lease, state, code, detail: '', credit });
    if (state === 'rejected' || state === 'folded') this.#holders.delete(lease);
  }

  #send(volunteer: string, message: Down): void {
    this.#sessions.get(volunteer)?.down(message);
  }

  #fail(session: Session, code: ErrorCode): void {
    session.down({ type: 'error', code, detail: '', fatal: true });
    session.closeAtHost();
  }

  #isHeldBy(volunteer: string, lease: string): boolean {
    const record = this.#host().state.leases[lease];
    return record?.volunteer === volunteer && record.contribution === null;
  }
}
