import { deciding, type Plant } from './plant.ts';

const onArrivals = (change: (arrival: Arrived) => Partial<Arrived>) =>
  deciding(() => (event) => {
    if (event.type !== 'FoldBegun') return event;
    const input = event.fold.input as { contributions?: Arrived[] };
    if (input.contributions?.[0]?.staleness === undefined) return event;
    const contributions = input.contributions.map((one) => ({ ...one, ...change(one) }));
    return { ...event, fold: { ...event.fold, input: { ...input, contributions } } };
  });

type Arrived = { weight: number; staleness: number; steps: number };

/** Mistakes of modules that step at arrivals. */
export const arrivals: Readonly<Record<string, Plant>> = {
  'wait-for-all': {
    mistake: 'an asynchronous fold waits for every lease that is held',
    breaks: /and is not folded yet$|^nothing of path .* was folded for/,
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      plan(state, run, now, company) {
        const wanted = plan.plan(state, run, now, company);
        const held = Object.keys((state as { leases?: object }).leases ?? {}).length;
        return held > 0 ? { ...wanted, folds: [] } : wanted;
      },
    }),
  },
  'ask-in-turn': {
    mistake: 'in asynchronous mode nobody gets work while another computes',
    breaks: /^v\d+ waits for others in|^v\d+ waits though there is /,
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      open: () => null,
      offer: (state, run, volunteer, now, company) =>
        Object.keys((state as { leases?: object }).leases ?? {}).length > 0
          ? null
          : plan.offer(state, run, volunteer, now, company),
    }),
  },
  'no-staleness-limit': {
    mistake: 'work is accepted however old its start is',
    breaks: /is accepted though .* is more than \d+ versions on$/,
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      admit(state, run, contribution) {
        const code = plan.admit(state, run, contribution);
        return code === 'too_stale' ? null : code;
      },
    }),
  },
  'staleness-unseen': {
    mistake: 'every contribution counts as if it had started from the newest version',
    breaks: /takes l\d+ as \d+ versions old where it is \d+$/,
    wishes: { mode: 'async' },
    mind: onArrivals(() => ({ staleness: 0 })),
  },
  'weight-by-head': {
    mistake: 'asynchronous contributions weigh the same whatever their steps',
    breaks: /weighs l\d+ wrongly$/,
    wishes: { mode: 'async' },
    mind: onArrivals(({ weight, steps }) => ({ weight: weight / steps })),
  },
};
