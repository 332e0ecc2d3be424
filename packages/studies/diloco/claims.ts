import type { ClaimSpec, FigureOf } from '../claims.ts';

/** Nats a byte of bytes drawn at random: an arm that diverged counts as if it ended there. */
const RANDOM_NATS = Math.log(256);

/** Where an arm ended; one that was played and has no loss in the end diverged. */
const end = (of: FigureOf, arm: string): number =>
  Number.isNaN(of(arm)) && Number.isFinite(of(arm, 'tokens')) ? RANDOM_NATS : of(arm);

/** Change in perplexity a byte: exp(difference in nats) - 1. */
export const perplexity = (of: FigureOf, arm: string, reference: string): number =>
  Math.expm1(end(of, arm) - end(of, reference));
/** Change in loss (nats a byte), relative. */
const loss = (of: FigureOf, arm: string, reference: string): number => end(of, arm) / end(of, reference) - 1;

/** The lowest loss of arms that differ in what was tuned, those that a size has; NaN unless all of them are there. */
const bestOf = (of: FigureOf, tuned: readonly string[], arms: readonly string[]): number =>
  Math.min(...tuned.filter((arm) => arms.includes(arm)).map((arm) => end(of, arm)));

/** One worker, tuned. */
export const bestSingle = (of: FigureOf, arms: readonly string[]): number => bestOf(of, SINGLE, arms);

/** The statements of the paper, with the margins of native pilots. The quick size has one learning rate of what is tuned. */
export function claimsOf(arms: readonly string[]): ClaimSpec[] {
  const best = (of: FigureOf, tuned: readonly string[]): number => bestOf(of, tuned, arms);
  return claims(best).map((claim) => ({ currency: 'steps', ...claim }));
}

const SINGLE = ['single', 'single-half'];
const BATCH4 = ['batch4', 'batch4-rate4'];
const BATCH8 = ['batch8', 'batch8-rate4'];

const claims = (best: (of: FigureOf, tuned: readonly string[]) => number): ClaimSpec[] => [
  {
    id: 'diloco.1.4.1',
    claim: 'equal steps: k = 8 beats one worker (nats a byte)',
    paper: '−7.5 % perplexity (0.077 nat), k = 8, 150M',
    bound: { op: '>=', value: 0.12 },
    measure: (of) => best(of, SINGLE) - end(of, 'k8'),
  },
  {
    id: 'diloco.1.4.1b',
    claim: 'the same from a mature base (nats a byte)',
    paper: 'base of 24,000 of 88,000 steps',
    bound: { op: '>=', value: 0.02 },
    measure: (of) => end(of, 'mature-single') - end(of, 'mature-k8'),
  },
  {
    id: 'diloco.1.4.2',
    claim: 'equal tokens: k = 8 is at most so far behind batch ×8, tuned (loss)',
    currency: 'tokens',
    paper: '4 to 7 % behind at k = 8 (from the scaling laws)',
    bound: { op: '<=', value: 0.09 },
    measure: (of) => end(of, 'k8') / best(of, BATCH8) - 1,
  },
  {
    id: 'diloco.1.4.2b',
    claim: 'equal tokens: k = 4 is at most so far behind batch ×4, tuned (loss)',
    currency: 'tokens',
    paper: '2 to 4 % behind at k = 4 (from the scaling laws)',
    bound: { op: '<=', value: 0.06 },
    measure: (of) => end(of, 'k4') / best(of, BATCH4) - 1,
  },
  {
    id: 'diloco.1.4.2c',
    claim: 'equal tokens: DiLoCo is not better than batch ×8, tuned (loss, k = 8)',
    currency: 'tokens',
    paper: 'behind for k ≥ 4',
    bound: { op: '>=', value: 0 },
    measure: (of) => end(of, 'k8') / best(of, BATCH8) - 1,
  },
  {
    id: 'diloco.1.4.2d',
    claim: 'equal tokens: DiLoCo is not better than batch ×4, tuned (loss, k = 4)',
    currency: 'tokens',
    paper: 'behind for k ≥ 4',
    bound: { op: '>=', value: 0 },
    measure: (of) => end(of, 'k4') / best(of, BATCH4) - 1,
  },
  {
    id: 'diloco.1.4.3',
    claim: 'k = 8: ×8 updates < DiLoCo < ×8 batch < one worker (smallest of the three gaps, nats a byte)',
    currency: 'tokens (×8 baselines), steps (one worker)',
    paper: 'perplexity 14.72 (×8 updates), 15.02 (DiLoCo), 15.30 (×8 batch), 16.23 (one)',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const k8 = end(of, 'k8');
      return Math.min(k8 - end(of, 'updates8'), best(of, BATCH8) - k8, best(of, SINGLE) - best(of, BATCH8));
    },
  },
  {
    id: 'diloco.1.4.3b',
    claim: 'k = 8: both ×8 baselines < DiLoCo < one worker (smallest of the three gaps, nats a byte)',
    currency: 'tokens (×8 baselines), steps (one worker)',
    paper: 'not its order: there DiLoCo beats ×8 batch at one rate',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const k8 = end(of, 'k8');
      return Math.min(k8 - best(of, BATCH8), k8 - end(of, 'updates8'), best(of, SINGLE) - k8);
    },
  },
  {
    id: 'diloco.1.4.4',
    claim: 'H from 10 to 100 costs (loss)',
    paper: '×20 in H costs 2.9 % perplexity (H 50 to 1,000)',
    bound: { op: '<=', value: 0.08 },
    measure: (of) => loss(of, 'h100', 'h10'),
  },
  {
    id: 'diloco.1.4.4b',
    claim: 'loss does not fall with H from 25 on (smallest step 25, 50, 100, loss)',
    paper: 'never falls',
    bound: { op: '>=', value: 0 },
    measure: (of) => Math.min(loss(of, 'h50', 'k4'), loss(of, 'h100', 'h50')),
  },
  {
    id: 'diloco.1.4.5',
    claim: 'Nesterov beats averaging (loss)',
    paper: 'Nesterov best, averaging poor (figure)',
    bound: { op: '>=', value: 0.01 },
    measure: (of) => loss(of, 'averaging', 'k4'),
  },
  {
    id: 'diloco.1.4.5b',
    claim: 'outer Adam with ε 1e-5 is the worst of the outer optimizers, or diverges (its distance to the next, loss)',
    paper: 'unstable until ε = 0.1',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const ends = (arms: readonly string[]) => arms.map((arm) => end(of, arm));
      // Long arms count once they are there.
      const long = ends(['outer-sgd', 'outer-momentum']).filter((nats) => !Number.isNaN(nats));
      return end(of, 'outer-adam-e5') / Math.max(...ends(['k4', 'averaging', 'outer-adam']), ...long) - 1;
    },
  },
  {
    id: 'diloco.1.4.6',
    claim: 'k-means shards cost at the end, against iid (perplexity, k = 4)',
    paper: '15.02 (k-means) against 15.08 (iid)',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => perplexity(of, 'kmeans', 'k4'),
  },
  {
    id: 'diloco.1.4.6b',
    claim: 'shards of whole domains cost at the end, against iid (perplexity, k = 8)',
    paper: 'not tried',
    bound: { op: '<=', value: 0.1 },
    measure: (of) => perplexity(of, 'k8-domains', 'k8'),
  },
  {
    id: 'diloco.1.4.6c',
    claim: 'iid is ahead of k-means shards at 25 % of the steps (nats a byte, k = 4)',
    paper: 'iid faster early (figure)',
    bound: { op: '>=', value: 0 },
    measure: (of) => of('kmeans', 'quarterNats') - of('k4', 'quarterNats'),
  },
  {
    id: 'diloco.1.4.7',
    claim: '50 % lost, on from their own θ, costs (perplexity)',
    paper: '2.1 % at 50 %, k = 8, k-means',
    bound: { op: '<=', value: 0.09 },
    measure: (of) => perplexity(of, 'lost50-own', 'k4'),
  },
  {
    id: 'diloco.1.4.7b',
    claim: '50 % lost, on from their own θ, still beats one worker (nats a byte)',
    bound: { op: '>=', value: 0.06 },
    measure: (of) => best(of, SINGLE) - end(of, 'lost50-own'),
  },
  {
    id: 'diloco.1.4.7c',
    claim: "50 % lost, on from the run's θ (the product's rule), costs (perplexity)",
    paper: 'not tried',
    bound: { op: '<=', value: 0.09 },
    measure: (of) => perplexity(of, 'lost50-run', 'k4'),
  },
  {
    id: 'diloco.1.4.7d',
    claim: '10 % lost, on from their own θ, costs (perplexity)',
    paper: 'within noise (figure)',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => perplexity(of, 'lost10-own', 'k4'),
  },
  {
    id: 'diloco.1.4.7e',
    claim: 'the more is lost the more it costs: smallest step from 10 to 30 to 50 % (perplexity)',
    paper: 'spikes grow (figure)',
    bound: { op: '>=', value: 0 },
    measure: (of) => Math.min(perplexity(of, 'lost30-own', 'lost10-own'), perplexity(of, 'lost50-own', 'lost30-own')),
  },
  {
    id: 'diloco.1.4.8',
    claim: 'doubling (2 to 4) and halving (4 to 2) the workers end alike (distance, loss)',
    currency: 'steps and tokens',
    paper: 'alike: only total compute matters (figure)',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(loss(of, 'doubling', 'halving')),
  },
  {
    id: 'diloco.1.4.9',
    claim: '50 % of the outer gradients pruned costs (perplexity)',
    paper: '+0.39 %',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => perplexity(of, 'pruned50', 'k4'),
  },
  {
    id: 'diloco.1.4.9b',
    claim: '75 % pruned costs more than 50 % (perplexity)',
    paper: '+1.66 % at 75 %',
    bound: { op: '>=', value: 0 },
    measure: (of) => perplexity(of, 'pruned75', 'pruned50'),
  },
  {
    id: 'diloco.1.4.10',
    claim: 'k = 1 with outer Nesterov is not worse than plain AdamW (loss)',
    paper: 'faster and better than plain training',
    bound: { op: '<=', value: 0 },
    measure: (of) => loss(of, 'k1', 'single'),
  },
  {
    id: 'diloco.1.4.10b',
    claim: 'the same at η 0.3 (loss)',
    paper: 'not tried',
    bound: { op: '<=', value: 0 },
    measure: (of) => loss(of, 'k1-eta03', 'single'),
  },
  {
    id: 'diloco.1.4.11',
    claim: "averaging Adam's moments changes little (distance, loss)",
    paper: 'no significant gain',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(loss(of, 'moments', 'k4')),
  },
  {
    id: 'diloco.1.4.12',
    claim: 'cosine of outer gradients, k-means shards over iid (k = 4)',
    paper: 'lower (figure)',
    bound: { op: '<=', value: 0.75 },
    measure: (of) => of('kmeans', 'cosine') / of('k4', 'cosine'),
  },
  {
    id: 'diloco.1.4.12b',
    claim: 'cosine of outer gradients, k = 8 over k = 4 (k-means shards)',
    paper: 'lower for more shards (figure)',
    bound: { op: '<=', value: 1 },
    measure: (of) => of('k8-kmeans', 'cosine') / of('kmeans', 'cosine'),
  },
];
