import type { Down, LeaseMessage } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { expect } from 'vitest';
import { apply } from './apply.ts';
import type { Decision, VolunteerEvent } from './events.ts';
import { plan, wakeAt } from './plan.ts';
import { initialState, type Upload } from './state.ts';
import { statusOf } from './status.ts';

const executor = { name: 'toy', adapter: 'toy', tokensPerSecond: 1 };
const report = { steps: 1, tokens: 1, computeMs: 1, loss: 1, downloadedBytes: { peers: 0, coordinator: 0 }, executor };
export const welcome = (leases: string[]): Down => ({
  ...{ type: 'welcome', volunteer: 'v', resume: 'r', heartbeatMs: 1000, silenceMs: 5000, credit: 0 },
  ...{ leases, iceServers: [] },
});

type Happening = VolunteerEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** A volunteer in a world of its own: turns the mind, checks what must hold after every turn, remembers its effects. */
export class World {
  readonly state = initialState();
  now = 0;
  socket: 'closed' | 'opening' | 'open' = 'closed';
  computing: string | null = null;
  probing = false;
  uploading: string | null = null;
  /** Leases that the coordinator counts as held, and those that it took back. */
  readonly held = new Set<string>();
  readonly revoked = new Set<string>();
  /** The coordinator was asked for a lease. */
  wanting = false;
  /** Every `ready` that was sent. */
  readonly asks: Extract<Up, { type: 'ready' }>[] = [];
  /** Contributions that came into being, and those that ended. */
  readonly made = new Set<string>();
  readonly ended = new Set<string>();
  /** Leases that were given back, and why. */
  readonly released: { readonly lease: string; readonly code: string }[] = [];
  #leases = 0;

  tell(happening: Happening): void {
    apply(this.state, { ...happening, at: this.now } as VolunteerEvent);
    for (let turn = 0; ; turn++) {
      expect(turn, 'the plan comes to rest').toBeLessThan(10);
      const decided = plan(this.state, this.now);
      if (decided.length === 0) break;
      for (const decision of decided) {
        this.#check(decision);
        apply(this.state, decision);
        this.#perform(decision);
      }
    }
    this.#checkStatus();
  }

  /** Lets time pass; every timer fires on its way. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let wakes = 0; ; wakes++) {
      expect(wakes, 'timers do not spin').toBeLessThan(2000);
      const wake = wakeAt(this.state, this.now);
      const next = Math.min(end, wake ?? end);
      expect(plan(this.state, (this.now + next) / 2), 'nothing is due before its timer').toEqual([]);
      this.now = next;
      this.tell({ type: 'Woke' });
      if (this.now >= end) return;
    }
  }

  hear(message: Down): void {
    if (this.socket === 'open') this.tell({ type: 'Heard', message });
  }

  open(): void {
    if (this.socket !== 'opening') return;
    this.socket = 'open';
    this.wanting = false;
    this.tell({ type: 'Heard', message: welcome([...this.held]) });
  }

  close(chance: number): void {
    if (this.socket === 'closed') return;
    this.socket = 'closed';
    this.tell({ type: 'SocketClosed', chance });
  }

  grant(): void {
    if (!this.wanting || this.socket !== 'open') return;
    this.wanting = false;
    const lease = `lease${++this.#leases}`;
    this.held.add(lease);
    const message: LeaseMessage = {
      ...{ type: 'lease', lease, run: 'run', kind: 'toy', body: {}, token: 't' },
      ...{ durationMs: 60_000, maxPayloadBytes: 100 },
    };
    this.hear(message);
  }

  /** The coordinator takes back whatever it granted; without a socket, the next welcome says so. */
  revoke(): void {
    for (const lease of [...this.held]) {
      this.held.delete(lease);
      if (this.socket === 'open') this.revoked.add(lease);
      this.hear({ type: 'revoke', lease, code: 'expired', detail: '' });
    }
  }

  endWork(done: boolean): void {
    const lease = this.computing;
    if (lease === null) return;
    this.computing = null;
    const upload: Upload = { ...{ lease, run: 'run', kind: 'toy', token: 't', sha256: 's', bytes: 1 }, report };
    const wanted = this.state.work?.cut?.keep !== false && this.state.work?.lost === false;
    if (done && wanted) this.made.add(lease);
    this.tell({ type: 'WorkEnded', lease, upload: done ? upload : null });
  }

  failWork(code: 'worker_crashed' | 'loss_not_finite' | 'blob_unavailable', chance: number): void {
    const lease = this.computing;
    if (lease === null) return;
    this.computing = null;
    this.tell({ type: 'WorkFailed', lease, code, detail: 'broken', chance });
  }

  endUpload(type: 'UploadEnded' | 'UploadRefused' | 'UploadFailed', chance: number): void {
    const lease = this.uploading;
    if (lease === null) return;
    this.uploading = null;
    if (type !== 'UploadFailed') this.ended.add(lease);
    // Some refused ones are still held: their reports do not fit.
    const code = chance < 0.5 ? 'lease_ended' : 'bad_report';
    if (type === 'UploadEnded' || (type === 'UploadRefused' && code === 'lease_ended')) this.held.delete(lease);
    this.tell({ type, lease, code, detail: '', chance } as Happening);
  }

  endProbe(code: 'none' | 'device_lost' | 'self_test_failed', chance: number): void {
    if (!this.probing) return;
    this.probing = false;
    if (code === 'none') this.tell({ type: 'DeviceReady', executor, memoryBytes: 1 });
    else this.tell({ type: 'DeviceFailed', code, detail: 'broken', chance });
  }

  #check(decision: Decision): void {
    const { state } = this;
    switch (decision.type) {
      case 'MessageSent':
        expect(this.socket, 'messages go over an open socket').toBe('open');
        if (decision.message.type === 'ready') {
          expect(state).toMatchObject({ wish: 'running', work: null, uploads: [], device: { phase: 'ready' } });
          expect(state.link.asked, 'asked once').toBe(false);
        }
        if (decision.message.type === 'release') {
          expect(this.computing).not.toBe(decision.message.lease);
          expect(this.held, 'only what is held is given back').toContain(decision.message.lease);
        }
        return;
      case 'ConnectBegan':
        expect(this.socket).toBe('closed');
        return;
      case 'WorkBegan':
        expect(this.computing, 'one piece of work at a time').toBeNull();
        expect(this.probing).toBe(false);
        return;
      case 'WorkKilled':
        expect(this.computing).not.toBeNull();
        return;
      case 'ProbeBegan':
        expect(this.probing || this.computing !== null).toBe(false);
        return;
      case 'ProbeKilled':
        expect(this.probing).toBe(true);
        return;
      case 'UploadBegan':
        expect(this.uploading, 'one upload at a time').toBeNull();
        expect(this.revoked, 'nothing is uploaded for a lease that is over').not.toContain(decision.lease);
    }
  }

  #perform(decision: Decision): void {
    switch (decision.type) {
      case 'ConnectBegan':
        this.socket = 'opening';
        break;
      case 'LinkCut':
        this.socket = 'closed';
        break;
      case 'MessageSent':
        if (decision.message.type === 'release') {
          this.held.delete(decision.message.lease);
          this.released.push(decision.message);
        }
        if (decision.message.type === 'ready') {
          this.wanting = true;
          this.asks.push(decision.message);
        }
        if (decision.message.type === 'away') this.wanting = false;
        break;
      case 'ProbeBegan':
        this.probing = true;
        break;
      case 'ProbeKilled':
        this.probing = false;
        break;
      case 'WorkBegan':
        this.computing = decision.lease;
        break;
      case 'UploadBegan':
        this.uploading = decision.lease;
        break;
      case 'UploadDropped':
        this.ended.add(decision.lease);
        if (this.uploading === decision.lease) this.uploading = null;
        break;
      case 'UploadCut':
        this.uploading = null;
        break;
    }
  }

  #checkStatus(): void {
    const { code, sentence } = statusOf(this.state);
    expect(sentence).not.toBe('');
    const truth: Partial<Record<typeof code, boolean>> = {
      stopped: !this.probing && this.computing === null && this.uploading === null && this.state.wish === 'stopped',
      refused: !this.probing && this.computing === null && this.state.refusal !== null,
      computing: this.computing !== null && this.state.wish === 'running',
      fetching: this.computing !== null && this.state.wish === 'running',
      uploading: this.uploading !== null && this.computing === null,
      waiting: this.computing === null && this.socket === 'open',
      testing: this.probing && this.computing === null,
      offline: this.socket !== 'open' && this.computing === null,
      connecting: this.socket !== 'open' && this.computing === null,
      paused:
        this.state.wish === 'paused' && !this.probing && (this.computing === null || this.state.work?.cut !== null),
    };
    expect(truth[code] ?? true, `the status ${code} is true`).toBe(true);
    for (const lease of this.made)
      if (!this.ended.has(lease))
        expect(
          this.state.uploads.some((entry) => entry.upload.lease === lease),
          'no contribution is lost',
        ).toBe(true);
  }
}
