import type { Coordinator } from '../../coordinator/mind.ts';
import type { CoordinatorState, LeaseRecord } from '../../coordinator/state.ts';
import type { CoordinatorEventOf } from '../../events.ts';
import { openTo, type RunFacts, type WorkPlan } from '../../work-plan.ts';
import { applying, deciding, type Plant } from './plant.ts';

const onCredit = (credit: (event: CoordinatorEventOf<'ContributionAccepted'>, state: CoordinatorState) => number) =>
  deciding(
    () => (event, state) =>
      event.type === 'ContributionAccepted' ? { ...event, credit: credit(event, state) } : event,
  );

function withoutFencing(mind: Coordinator): Coordinator {
  const ended = new Map<string, LeaseRecord>();
  return applying({
    before(state, event) {
      if (event.type === 'LeaseEnded' && state.leases[event.lease])
        ended.set(event.lease, { ...state.leases[event.lease]! });
      const late = event.type === 'ContributionReceived' ? ended.get(event.lease) : undefined;
      if (late && !late.contribution && state.runs[late.run]) state.leases[late.id] ??= late;
    },
  })(mind);
}

function withoutLastShard(run: RunFacts): RunFacts {
  const [last, ...others] = Object.keys(run.paths).reverse();
  const path = { ...run.paths[last!]!, shard: null };
  return others.length === 0 ? run : { ...run, paths: { ...run.paths, [last!]: path } };
}

const withoutLastPath = (plan: WorkPlan<unknown>): WorkPlan<unknown> => ({
  ...plan,
  open: (state, run, now) => openTo(plan, state, withoutLastShard(run), now),
  offer: (state, run, volunteer, now, company) => plan.offer(state, withoutLastShard(run), volunteer, now, company),
});

/** Mistakes about leases, credit, memory and the log. */
export const leases: Readonly<Record<string, Plant>> = {
  'no-fencing': {
    mistake: 'a contribution counts though its lease has ended',
    breaks: /^lease l\d+ is open, but ended/,
    mind: withoutFencing,
  },
  'lost-lease': {
    mistake: 'a lease whose holder is late or silent never ends',
    breaks: /^lease l\d+ outlives its deadline/,
    mind: deciding(
      () => (event) =>
        event.type === 'LeaseEnded' && (event.code === 'expired' || event.code === 'silent') ? null : event,
    ),
  },
  'two-holders': {
    mistake: 'two grants get the same lease id',
    breaks: /is granted a second time$/,
    mind: applying({ after: (state, event) => void (event.type === 'LeaseGranted' && state.leaseCount--) }),
  },
  'credit-off-by-one': {
    mistake: 'one token too much is credited',
    breaks: /^\d+ of credit for l\d+ where \d+ are due/,
    mind: onCredit(({ credit }) => credit + 1),
  },
  'double-credit': {
    mistake: 'credit is given twice',
    breaks: /^v\d+ has \d+ of credit where \d+ were earned/,
    mind: applying({
      before(state, event) {
        const lease = event.type === 'ContributionAccepted' ? state.leases[event.lease] : undefined;
        if (lease?.contribution) state.volunteers[lease.volunteer]!.credit += lease.contribution.report.tokens;
      },
    }),
  },
  'unbounded-credit': {
    mistake: 'credit is whatever the volunteer claims',
    breaks: /^\d+ of credit for l\d+ where \d+ are due/,
    mind: onCredit(({ lease }, state) => state.leases[lease]!.contribution!.report.tokens),
  },
  'hopeless-task': {
    mistake: 'a task that fails its check for everybody is leased for ever',
    breaks: /is leased again though it failed \d+ times|^v\d+ waits though there is /,
    wishes: { hopeless: 0.02 },
    mind: deciding(
      () => (event) =>
        event.type === 'RunStateChanged' && event.state === 'paused' && event.reason !== null ? null : event,
    ),
  },
  'starved-path': {
    mistake: 'the last of several paths is never served, while the others go on',
    breaks: /starves, though \d+ could serve it$/,
    plan: withoutLastPath,
  },
  'starved-in-a-crowd': {
    mistake: 'one path of sixteen is never served, though hundreds of volunteers could',
    breaks: /^path 3-3 of run-a starves, though \d+ could serve it$/,
    wishes: { volunteers: 300, experts: [4, 4], virtualMs: 2 * 3_600_000 },
    plan: withoutLastPath,
  },
  'lost-task': {
    mistake: 'work is not leased again after its holder was lost',
    breaks: /^lease l\d+ is ended \(round_over\) though it is ended/,
    plan: (plan) => ({
      ...plan,
      settle(state, run, outcome, now) {
        if (outcome.type !== 'ended') plan.settle(state, run, outcome, now);
      },
    }),
  },
  'forgotten-path': {
    mistake: 'the last path of a run is never leased',
    breaks: /starves, though \d+ could serve it$/,
    plan: (plan) => ({
      ...plan,
      offer(state, run, volunteer, now, company) {
        const task = plan.offer(state, run, volunteer, now, company);
        return task && task.path !== null && task.path === Object.keys(run.paths).at(-1) ? null : task;
      },
    }),
  },
  'unseen-memory': {
    mistake: 'work goes also to those whose memory does not hold it',
    breaks: /^v\d+ gets l\d+, which takes \d+ bytes, and has \d+/,
    mind: applying({
      after(state, event) {
        const volunteer = event.type === 'VolunteerReady' ? state.volunteers[event.volunteer] : undefined;
        if (volunteer) volunteer.memoryBytes = 0;
      },
    }),
  },
  'no-guard': {
    mistake: 'every checked contribution is admitted',
    breaks: /^l\d+ is accepted with \d+ of \d+ steps/,
    plan: (plan) => ({ ...plan, admit: () => null }),
  },
  'heartbeat-in-state': {
    mistake: 'heartbeats change the state, but are not in the log',
    breaks: /^snapshot and log do not give the state/,
    mind: (mind) => ({
      ...mind,
      heard(state, volunteer, now) {
        mind.heard(state, volunteer, now);
        const record = state.volunteers[volunteer];
        if (record) record.seenAt = now;
      },
    }),
  },
  'forgetful-restart': {
    mistake: 'contributions that are being checked are lost in a restart',
    breaks: /^\d+ leases are open where \d+ should be/,
    mind: applying({
      before(state, event) {
        if (event.type !== 'CoordinatorStarted') return;
        for (const lease of Object.values(state.leases)) if (lease.contribution) delete state.leases[lease.id];
      },
    }),
  },
};
