import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { RunFacts, WorkPlan } from '../work-plan.ts';
import { advance } from './advance.ts';
import { type Coordinator, createCoordinator } from './mind.ts';
import type { CoordinatorState } from './state.ts';

type Input<T = CoordinatorEvent> = T extends CoordinatorEvent ? Omit<T, 'at'> : never;

/** A coordinator's mind played by hand in tests: inputs at times, decisions by type. */
export class Table {
  readonly mind: Coordinator;
  readonly log: CoordinatorEvent[] = [];
  state: CoordinatorState;
  now = 1000;

  constructor(kinds: readonly WorkPlan<unknown>[], silenceMs?: number) {
    this.mind = createCoordinator(kinds, silenceMs);
    this.state = this.mind.init();
  }

  /** Takes inputs in one batch, and answers what was decided. */
  take(...inputs: Input[]): CoordinatorEvent[] {
    const events = inputs.map((input) => ({ at: this.now, ...input }) as CoordinatorEvent);
    const all = advance(this.mind, this.state, events, this.now);
    this.log.push(...all);
    return all.slice(inputs.length);
  }

  /** Lets time pass, waking the mind whenever it asks for it. */
  wait(ms: number): CoordinatorEvent[] {
    const until = this.now + ms;
    const decided: CoordinatorEvent[] = [];
    for (;;) {
      const wakeAt = this.mind.nextWakeAt(this.state);
      if (wakeAt === null || wakeAt > until) break;
      this.now = Math.max(this.now, wakeAt);
      decided.push(...this.take());
    }
    this.now = until;
    return [...decided, ...this.take()];
  }

  create(run: RunFacts, kinds: readonly string[]): CoordinatorEvent[] {
    return this.take({ type: 'RunCreated', run, kinds });
  }

  /** `network`: whom it is related to; not known when left out. */
  join(volunteer: string, tokensPerSecond = 0, network?: string): CoordinatorEvent[] {
    return this.take(
      { type: 'VolunteerJoined', volunteer, name: volunteer, agent: 'node', ...(network && { origin: network }) },
      ready(volunteer, tokensPerSecond),
    );
  }

  ready(volunteer: string, tokensPerSecond = 0): CoordinatorEvent[] {
    return this.take(ready(volunteer, tokensPerSecond));
  }

  /** A contribution comes in and passes its check. */
  contribute(lease: string, steps: number, norm = 1): CoordinatorEvent[] {
    return [...this.receive(lease, steps), ...this.take({ type: 'ContributionChecked', lease, figures: { norm } })];
  }

  receive(lease: string, steps: number): CoordinatorEvent[] {
    const record = this.state.leases[lease];
    const tokens = record ? (record.task.tokens * steps) / record.task.steps : 1;
    const report = {
      steps,
      tokens,
      computeMs: 1000,
      loss: 3,
      downloadedBytes: { peers: 0, coordinator: 0 },
      executor: { name: 'test', adapter: '', tokensPerSecond: 0 },
    };
    return this.take({ type: 'ContributionReceived', lease, sha256: lease.padEnd(64, '0'), bytes: 4096, report });
  }

  /** Ends every fold under way, or the one of this id, as a host would. */
  fold(id?: string): CoordinatorEvent[] {
    const decided: CoordinatorEvent[] = [];
    for (const [run, { facts, folds }] of Object.entries(this.state.runs))
      for (const [own, { kind, fold }] of Object.entries(folds)) {
        if (id !== undefined && own !== id) continue;
        const { name = '' } = (fold.input as { module?: { name: string } } | null)?.module ?? {};
        const module = facts.modules[name];
        const blob = { sha256: `${module?.version}`.padEnd(64, 'f'), bytes: 4096 };
        const modules = module ? [{ name, version: module.version + 1, blob, state: null }] : [];
        decided.push(
          ...this.take({
            type: 'FoldEnded',
            run,
            kind,
            fold: fold.key,
            output: { modules, figures: null, result: null },
          }),
        );
      }
    return decided;
  }

  /** The lease that the volunteer holds. */
  lease(volunteer: string): string {
    const lease = this.state.volunteers[volunteer]?.lease;
    if (!lease) throw new Error(`${volunteer} holds no lease`);
    return lease;
  }
}

const ready = (volunteer: string, tokensPerSecond: number): Input => ({
  type: 'VolunteerReady',
  volunteer,
  executor: { name: 'test', adapter: '', tokensPerSecond },
  memoryBytes: 0,
});

/** The events of one type. */
export const only = <T extends CoordinatorEvent['type']>(
  events: CoordinatorEvent[],
  type: T,
): CoordinatorEventOf<T>[] => events.filter((event): event is CoordinatorEventOf<T> => event.type === type);
