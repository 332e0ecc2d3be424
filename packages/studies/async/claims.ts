import type { ClaimSpec } from '../claims.ts';
import { atEqualSteps, loss, lossAtEqualSteps, perplexity, sooner } from './measures.ts';

const WINDOWS = ['window', 'window-moderate', 'window-slight', 'window-none'];
/** The largest (or smallest) over arms; NaN where any is missing. */
const most = (values: readonly number[]): number => Math.max(...values);
const least = (values: readonly number[]): number => Math.min(...values);

/** The paper's own claims, with the margins of native pilots. */
const OWN: readonly ClaimSpec[] = [
  {
    id: 'async.3.7.1',
    claim: 'an infinite grace period with equal steps is the synchronous run (distance, nats a byte)',
    paper: 'identical',
    bound: { op: '<=', value: 1e-6 },
    measure: (of) => Math.abs(of('small-infinite') - of('small-sync')),
  },
  {
    id: 'async.3.7.1b',
    claim: 'delayed Nesterov with N = k and equal speeds is the synchronous run (distance, nats a byte)',
    paper: 'identical',
    bound: { op: '<=', value: 1e-6 },
    measure: (of) => Math.abs(of('small-even') - of('small-sync')),
  },
  {
    id: 'async.3.7.2',
    claim: 'async Nesterov, η a quarter of 0.7, at equal speeds: worse than synchronous (perplexity)',
    paper: '+7 %',
    bound: { op: '>=', value: 0.04 },
    measure: (of) => perplexity(of, 'naive-even', 'sync'),
  },
  {
    id: 'async.3.7.2b',
    claim: 'async Nesterov, η a quarter of 0.7, very heterogeneous: worse than synchronous (perplexity)',
    paper: '+7 %',
    bound: { op: '>=', value: 0.04 },
    measure: (of) => perplexity(of, 'naive', 'sync'),
  },
  {
    id: 'async.3.7.2c',
    claim: 'async Nesterov at η 0.7 is worse still than at a quarter of it, or diverges (perplexity)',
    paper: 'no learning rate repairs it',
    bound: { op: '>=', value: 0 },
    measure: (of) => perplexity(of, 'naive-07', 'naive'),
  },
  {
    id: 'async.3.7.3',
    claim: 'with outer SGD, both at η 1, asynchronous is not worse than synchronous (loss)',
    paper: 'better per update',
    bound: { op: '<=', value: 0 },
    measure: (of) => loss(of, 'sgd', 'sync-sgd'),
  },
  {
    id: 'async.3.7.4',
    claim: 'DN + DyLU, grace 0.1: behind synchronous at the worst level (loss = bits a byte)',
    paper: '−0.2 to −0.6 % perplexity',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => most(WINDOWS.map((arm) => loss(of, arm, 'sync'))),
  },
  {
    id: 'async.3.7.4b',
    claim: 'the levels differ by (perplexity, largest against smallest)',
    paper: '0.4 %',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.expm1(most(WINDOWS.map((arm) => of(arm))) - least(WINDOWS.map((arm) => of(arm)))),
  },
  {
    id: 'async.3.7.4c',
    claim: 'without the grace period it is behind synchronous (loss)',
    paper: 'not shown; pilots +6.4 %',
    bound: { op: '>=', value: 0.02 },
    measure: (of) => loss(of, 'no-window', 'sync'),
  },
  {
    id: 'async.3.7.4d',
    claim: 'a grace period of 0.05: behind synchronous (loss)',
    paper: 'not shown; pilots +0.1 % at 0.035',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => loss(of, 'half-window', 'sync'),
  },
  {
    id: 'async.3.7.4e',
    claim: 'without the grace period, but with β 0.5: behind synchronous (loss)',
    paper: 'not tried; pilots +0.1 %',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => loss(of, 'beta05', 'sync'),
  },
  {
    id: 'async.3.7.5',
    claim: 'staleness weights recover of the gap between async Nesterov and synchronous (part)',
    paper: 'marginal',
    bound: { op: '<=', value: 0.33 },
    measure: (of) => (of('naive') - of('poly')) / (of('naive') - of('sync')),
  },
  {
    id: 'async.3.7.5b',
    claim: 'a buffer of four recovers of that gap (part)',
    paper: 'most of it',
    bound: { op: '>=', value: 0.5 },
    measure: (of) => (of('naive') - of('fedbuff')) / (of('naive') - of('sync')),
  },
  {
    id: 'async.3.7.6',
    claim: 'c = 0.1 in place of 0 changes (distance, loss)',
    paper: '0.1 % perplexity',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(loss(of, 'spread', 'window')),
  },
  {
    id: 'async.3.7.7',
    currency: 'steps of each worker',
    claim: 'small: 16 workers in place of 4 change DN + DyLU (distance, perplexity)',
    paper: '−0.4 %',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => Math.abs(perplexity(of, 'small-window16', 'small-window')),
  },
  {
    id: 'async.3.7.7b',
    currency: 'steps of each worker',
    claim: 'small: batch ×16 is better than ×4 and than 16 workers (smaller distance, nats a byte)',
    paper: '40.60 against 42.47 and 40.98',
    bound: { op: '>=', value: 0 },
    measure: (of) => least(['small-batch4', 'small-window16'].map((arm) => of(arm) - of('small-batch16'))),
  },
  {
    id: 'async.3.7.7c',
    claim: 'small: 8 and 16 workers: DN + DyLU behind synchronous with as many (loss, the larger)',
    paper: '−0.3 to +0.1 % perplexity',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => most(['8', '16'].map((k) => loss(of, `small-window${k}`, `small-sync${k}`))),
  },
  {
    id: 'async.3.7.7d',
    claim: 'small: 8 and 16 workers: async Nesterov behind synchronous with as many (perplexity, the smaller)',
    paper: 'worse at every number of workers',
    bound: { op: '>=', value: 0.04 },
    measure: (of) => least(['8', '16'].map((k) => perplexity(of, `small-naive${k}`, `small-sync${k}`))),
  },
  {
    id: 'async.3.7.8',
    currency: 'loss',
    claim: 'very heterogeneous: times sooner at the synchronous run’s last loss',
    paper: '3.35 in throughput',
    bound: { op: '>=', value: 2.5 },
    measure: (of) => sooner(of, 'window', 'very'),
  },
  {
    id: 'async.3.7.8b',
    currency: 'loss',
    claim: 'equal speeds: the same, no sooner (distance from 1)',
    paper: '1',
    bound: { op: '<=', value: 0.1 },
    measure: (of) => Math.abs(sooner(of, 'window-none', 'none') - 1),
  },
  {
    id: 'async.3.7.9',
    claim: 'DN without DyLU is worse than with it (loss)',
    paper: 'worse (no table)',
    bound: { op: '>=', value: 0 },
    measure: (of) => loss(of, 'dn', 'window'),
  },
  {
    id: 'async.3.7.9b',
    claim: 'DyLU without DN is worse than with it (loss)',
    paper: 'worse (no table)',
    bound: { op: '>=', value: 0 },
    measure: (of) => loss(of, 'naive-dylu', 'window'),
  },
  {
    id: 'async.3.7.10',
    currency: 'first tasks',
    claim: 'toy: cosine of the first outer gradients, big data and wide net (distance from 0)',
    paper: '≈ 0',
    bound: { op: '<=', value: 0.1 },
    measure: (of) => Math.abs(of('toy-sync', 'cosine')),
  },
  {
    id: 'async.3.7.10b',
    currency: 'first tasks',
    claim: 'toy: the same, small',
    paper: 'clearly above 0',
    bound: { op: '>=', value: 0.3 },
    measure: (of) => of('toy-small', 'cosine'),
  },
  {
    id: 'async.3.6',
    currency: 'tasks',
    claim: 'toy: synchronous, 5 phases: virtual seconds off 333.0',
    paper: '333.0',
    bound: { op: '<=', value: 1e-6 },
    measure: (of) => Math.abs(of('toy-sync', 'seconds') - 333),
  },
  {
    id: 'async.3.6b',
    currency: 'tasks',
    claim: 'toy: synchronous, 5 phases: loss off 1.2988',
    paper: '1.2988',
    bound: { op: '<=', value: 0.03 },
    measure: (of) => Math.abs(of('toy-sync', 'loss') - 1.2988),
  },
  {
    id: 'async.3.6c',
    currency: 'tasks',
    claim: 'toy: async Nesterov, 100 phases: virtual seconds off 1,998.6',
    paper: '1,998.6',
    bound: { op: '<=', value: 1e-6 },
    measure: (of) => Math.abs(of('toy-async', 'seconds') - 1998.6),
  },
  {
    id: 'async.3.6d',
    currency: 'tasks',
    claim: 'toy: async Nesterov, 100 phases: loss off 1.125',
    paper: '1.125',
    bound: { op: '<=', value: 0.03 },
    measure: (of) => Math.abs(of('toy-async', 'loss') - 1.125),
  },
  {
    id: 'async.size',
    claim: 'small: DN + DyLU, grace 0.1: behind synchronous (loss)',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => loss(of, 'small-window', 'small-sync'),
  },
  {
    id: 'async.browser',
    claim: 'speeds of browsers: DN + DyLU, grace 0.1: behind synchronous (loss)',
    paper: 'not tried',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => loss(of, 'window-browser', 'sync'),
  },
  {
    id: 'async.browserb',
    currency: 'loss',
    claim: 'speeds of browsers: times sooner at the synchronous run’s last loss',
    paper: 'not tried',
    bound: { op: '>=', value: 2.5 },
    measure: (of) => sooner(of, 'window-browser', 'browser'),
  },
  {
    id: 'async.4.9',
    claim: 'a quorum of two with the adaptive grace period: against the default (loss)',
    paper: 'Decoupled DiLoCo; not compared',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => loss(of, 'quorum2', 'window'),
  },
  {
    id: 'async.4.9b',
    claim: 'radial averaging: against the default (loss)',
    paper: 'Decoupled DiLoCo; not compared',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => loss(of, 'radial', 'window'),
  },
  {
    id: 'async.4.sgd',
    claim: 'outer SGD at the best of three rates is worse than the default (loss)',
    paper: 'worse than Nesterov in rounds',
    bound: { op: '>=', value: 0 },
    measure: (of) => least(['sgd-low', 'sgd', 'sgd-high'].map((arm) => loss(of, arm, 'window'))),
  },
  {
    id: 'async.churn',
    claim: '30 % leave in the time of a round: DN + DyLU against synchronous at equal local steps (loss)',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => lossAtEqualSteps(of, 'window-churn', 'sync-churn'),
  },
  {
    id: 'async.churnb',
    claim: '30 % leave in the time of a round: async Nesterov against synchronous at equal local steps (perplexity)',
    bound: { op: '>=', value: 0.04 },
    measure(of) {
      const [naive, sync] = atEqualSteps(of, 'naive-churn', 'sync-churn');
      return Math.expm1(naive - sync);
    },
  },
  {
    id: 'async.churnc',
    claim: 'small, the same churn: DN + DyLU against synchronous at equal local steps (loss)',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => lossAtEqualSteps(of, 'small-window-churn', 'small-sync-churn'),
  },
  {
    id: 'async.churnd',
    claim:
      'small, the same churn: the best of async Nesterov, async SGD, FedBuff and DN without DyLU is worse than DN + DyLU at equal local steps (loss)',
    bound: { op: '>=', value: 0 },
    measure: (of) =>
      least(
        ['naive', 'sgd', 'fedbuff', 'dn'].map((arm) =>
          lossAtEqualSteps(of, `small-${arm}-churn`, 'small-window-churn'),
        ),
      ),
  },
];

/** Arms are compared at equal local steps of all workers, if a claim does not say otherwise. */
export const CLAIMS: readonly ClaimSpec[] = OWN.map((claim) => ({ currency: 'steps', ...claim }));
