import type { CoordinatorState, RunRecord } from '../coordinator/state.ts';
import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Task } from '../work-plan.ts';
import { must } from './violation.ts';

export interface SeenLease {
  readonly run: string;
  readonly kind: string;
  readonly volunteer: string;
  readonly task: Task;
  status: 'held' | 'received' | 'accepted' | 'ended';
  checked: boolean;
  /** The contribution, as it was claimed. */
  claim: { readonly steps: number; readonly tokens: number } | null;
}

/** Whether a run trains, or somebody asked for just this kind of work. */
export type MayWork = (run: RunRecord | undefined, kind: string) => boolean;
/** Bytes of memory that work of a kind takes. */
export type Needs = (run: RunRecord | undefined, kind: string) => number;

const taskOf = ({ run, kind, task }: Pick<SeenLease, 'run' | 'kind' | 'task'>): string => `${run} ${kind}/${task.key}`;

/** Failures after which a task is hopeless. What was asked for of a run that rests is given up after some for each path. */
const mostFailures = (networks: readonly string[], { state, facts }: RunRecord): number =>
  state === 'training' ? (new Set(networks).size >= 3 ? 5 : 20) : 20 + 3 * Object.keys(facts.paths).length;

interface SeenVolunteer {
  connected: boolean;
  asked: boolean;
  banned: boolean;
  /** Its own id where it is not known. */
  network: string;
  /** 0 when it does not tell. */
  memoryBytes: number;
  lease: string | null;
  /** By run. */
  readonly credits: Map<string, number>;
}

/**
 * Books of its own about leases, volunteers and credit, as simple as can be. A lease has one holder, it ends once,
 * only the holder's first contribution counts, and credit is exactly what the accepted ones earned.
 */
export class LeaseWatch {
  readonly leases = new Map<string, SeenLease>();
  readonly #open = new Set<string>();
  readonly #volunteers = new Map<string, SeenVolunteer>();
  readonly #deleted = new Set<string>();
  /** By task, the networks of those who failed its check since it last passed, its run was resumed or somebody asked for it. */
  readonly #failed = new Map<string, string[]>();
  readonly #mayWork: MayWork;
  readonly #needs: Needs;

  constructor(mayWork: MayWork, needs: Needs) {
    this.#mayWork = mayWork;
    this.#needs = needs;
  }

  see(event: CoordinatorEvent, state: CoordinatorState, decided: boolean): void {
    switch (event.type) {
      case 'CoordinatorStarted':
        for (const volunteer of this.#volunteers.values()) Object.assign(volunteer, { connected: false, asked: false });
        return;
      case 'RunDeleted':
        this.#deleted.add(event.run);
        return;
      case 'VolunteerJoined':
        this.#note(event.volunteer, { connected: true, asked: false, network: event.origin ?? event.volunteer });
        break;
      case 'VolunteerReady':
        if (this.#volunteers.get(event.volunteer)?.connected)
          this.#note(event.volunteer, { asked: true, memoryBytes: event.memoryBytes });
        break;
      case 'VolunteerAway':
        this.#note(event.volunteer, { asked: false });
        break;
      case 'VolunteerLost':
        this.#note(event.volunteer, { connected: false, asked: false });
        break;
      case 'VolunteerBanned':
        this.#note(event.volunteer, { banned: true, asked: false });
        break;
      case 'LeaseGranted':
        this.#seeGranted(event, state);
        break;
      case 'LeaseEnded':
        this.#seeEnded(event, decided);
        break;
      case 'ContributionReceived':
        this.#seeReceived(event);
        break;
      case 'RunStateChanged':
      case 'RunRolledBack':
      case 'WorkRequested':
        if (event.type === 'RunStateChanged' && event.state !== 'training') return;
        for (const task of this.#failed.keys()) if (task.startsWith(`${event.run} `)) this.#failed.delete(task);
        return;
      case 'ContributionChecked': {
        const lease = this.leases.get(event.lease);
        if (lease?.status === 'received') lease.checked = true;
        break;
      }
      case 'ContributionRejected': {
        const lease = this.leases.get(event.lease);
        if (lease?.status !== 'received') break;
        const { network } = this.#volunteers.get(lease.volunteer)!;
        if (!lease.checked) this.#failed.set(taskOf(lease), [...(this.#failed.get(taskOf(lease)) ?? []), network]);
        this.#close(event.lease, 'ended');
        break;
      }
      case 'ContributionAccepted':
        this.#seeAccepted(event, decided);
        break;
      case 'CreditWithdrawn':
        this.#seeWithdrawn(event, decided);
        break;
    }
    if ('lease' in event && event.lease !== undefined) this.#compareLease(event.lease, state);
    if ('volunteer' in event) this.#compareVolunteer(event.volunteer, state);
  }

  /** Compares everything. `now`: a time up to which the mind has decided all there was. */
  look(state: CoordinatorState, now: number): void {
    const open = Object.keys(state.leases);
    must(open.length === this.#open.size, () => `${open.length} leases are open where ${this.#open.size} should be`);
    for (const id of open) this.#compareLease(id, state);
    for (const lease of Object.values(state.leases))
      must(lease.contribution !== null || lease.deadlineAt > now, () => `lease ${lease.id} outlives its deadline`);
    for (const id of this.#volunteers.keys()) this.#compareVolunteer(id, state);
  }

  #note(id: string, change: Partial<SeenVolunteer>): void {
    const known = this.#volunteers.get(id);
    if (known) Object.assign(known, change);
    else
      this.#volunteers.set(id, {
        connected: true,
        asked: false,
        banned: false,
        network: id,
        memoryBytes: 0,
        lease: null,
        credits: new Map(),
        ...change,
      });
  }

  #seeGranted(event: CoordinatorEventOf<'LeaseGranted'>, state: CoordinatorState): void {
    const { lease: id, run, kind, volunteer, task } = event;
    const holder = this.#volunteers.get(volunteer);
    must(!this.leases.has(id), () => `lease ${id} is granted a second time`);
    must(holder?.lease === null, () => `${volunteer} gets ${id} while it holds ${holder?.lease}`);
    must(holder.connected && holder.asked && !holder.banned, () => `${volunteer} gets ${id} without asking`);
    must(this.#mayWork(state.runs[run], kind), () => `${id} is granted though ${run} does not train`);
    const bytes = this.#needs(state.runs[run], kind);
    must(
      holder.memoryBytes === 0 || holder.memoryBytes >= bytes,
      () => `${volunteer} gets ${id}, which takes ${bytes} bytes, and has ${holder.memoryBytes}`,
    );
    must(task.durationMs > 0 && task.steps > 0, () => `${id} has no steps or no time`);
    this.leases.set(id, { run, kind, volunteer, task, status: 'held', checked: false, claim: null });
    const failed = this.#failed.get(taskOf(event)) ?? [];
    must(
      failed.length < mostFailures(failed, state.runs[run]!),
      () => `${task.key} is leased again though it failed ${failed.length} times`,
    );
    this.#open.add(id);
    Object.assign(holder, { lease: id, asked: false });
  }

  #seeEnded({ lease: id, code }: CoordinatorEventOf<'LeaseEnded'>, decided: boolean): void {
    const lease = this.leases.get(id);
    const ends = lease?.status === 'held' || (lease?.status === 'received' && this.#deleted.has(lease.run));
    must(ends || !decided, () => `lease ${id} is ended (${code}) though it is ${lease?.status}`);
    if (ends) this.#close(id, 'ended');
  }

  #seeReceived({ lease: id, report }: CoordinatorEventOf<'ContributionReceived'>): void {
    const lease = this.leases.get(id);
    if (lease?.status !== 'held') return;
    lease.status = 'received';
    lease.claim = report;
    this.#letGo(lease.volunteer, id);
  }

  #seeAccepted({ lease: id, credit }: CoordinatorEventOf<'ContributionAccepted'>, decided: boolean): void {
    const lease = this.leases.get(id);
    must(decided && lease?.status === 'received', () => `${id} is accepted though it is ${lease?.status}`);
    const { task, volunteer } = lease;
    const { steps, tokens } = lease.claim!;
    const due = Math.min(tokens, Math.floor((task.tokens * Math.min(steps, task.steps)) / task.steps));
    must(credit === due, () => `${credit} of credit for ${id} where ${due} are due`);
    const { credits } = this.#volunteers.get(volunteer)!;
    credits.set(lease.run, (credits.get(lease.run) ?? 0) + due);
    this.#failed.delete(taskOf(lease));
    this.#close(id, 'accepted');
  }

  #seeWithdrawn({ run, volunteer, credit }: CoordinatorEventOf<'CreditWithdrawn'>, decided: boolean): void {
    const { credits } = this.#volunteers.get(volunteer)!;
    const earned = credits.get(run) ?? 0;
    must(
      decided && credit === earned,
      () => `${credit} of credit is taken from ${volunteer} where ${earned} were earned`,
    );
    credits.delete(run);
  }

  #close(id: string, status: 'accepted' | 'ended'): void {
    const lease = this.leases.get(id)!;
    lease.status = status;
    this.#open.delete(id);
    this.#letGo(lease.volunteer, id);
  }

  #letGo(id: string, lease: string): void {
    const volunteer = this.#volunteers.get(id)!;
    if (volunteer.lease === lease) volunteer.lease = null;
  }

  #compareLease(id: string, state: CoordinatorState): void {
    const seen = this.leases.get(id);
    const open = state.leases[id];
    const shouldBeOpen = this.#open.has(id);
    must((open !== undefined) === shouldBeOpen, () => `lease ${id} is ${open ? 'open' : 'gone'}, but ${seen?.status}`);
    if (!seen) return;
    must(!open || open.volunteer === seen.volunteer, () => `lease ${id} changes its holder`);
    must(!open || (open.contribution !== null) === (seen.status === 'received'), () => `lease ${id} is ${seen.status}`);
    this.#compareVolunteer(seen.volunteer, state);
  }

  #compareVolunteer(id: string, state: CoordinatorState): void {
    const seen = this.#volunteers.get(id)!;
    const volunteer = state.volunteers[id];
    const earned = [...seen.credits.values()].reduce((sum, part) => sum + part, 0);
    const isForgettable = earned === 0 && seen.lease === null;
    const account = volunteer ?? state.forgotten?.[id];
    must(account !== undefined || isForgettable, () => `${id} is forgotten, with ${earned} of credit or a lease`);
    const credit = account?.credit ?? 0;
    must(credit === earned, () => `${id} has ${credit} of credit where ${earned} were earned`);
    const lease = volunteer?.lease ?? null;
    must(lease === seen.lease, () => `${id} holds ${lease} where it should hold ${seen.lease}`);
  }
}
