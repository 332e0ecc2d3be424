/** A list: the claims of DiPaCo, each with its bound and its measure. */
import type { ClaimSpec, FigureOf } from '../claims.ts';
import { beyond } from './beyond.ts';
import { gain, gainOf, type References, referencesOf } from './gains.ts';

/** The claims of a size that has these arms. All compare at equal steps of every path. */
export function claimsOf(arms: readonly string[]): ClaimSpec[] {
  const references = referencesOf(arms);
  return [...claims(references), ...beyond(references)].map((claim) => ({ currency: 'steps', ...claim }));
}

/** The gain of each halving of the interval, from once on. */
function reroutingSteps(of: FigureOf): number[] {
  const gains = [128, 64, 32, 16].map((every) => gainOf(of, 'grid', `rerouted${every}`));
  return gains.map((gained, at) => gained - (gains[at - 1] ?? 0));
}

/** What the paper says of itself, with the margins of native pilots. Perplexity a byte, at equal steps of every path. */
const claims = ({ dense, diloco }: References): ClaimSpec[] => [
  {
    id: 'dipaco.2.7.1',
    claim: 'the grid, re-sharded, beats the dense model of path size (perplexity)',
    paper: '−8.4 % (2×4)',
    bound: { op: '>=', value: 0.02 },
    measure: (of) => gain(of, 'grid', dense),
  },
  {
    id: 'dipaco.2.7.1b',
    claim: 'the larger grid, re-sharded, beats the dense model of path size (perplexity)',
    paper: '−17.6 % (8×8)',
    bound: { op: '>=', value: 0.03 },
    measure: (of) => gain(of, 'big', dense),
  },
  {
    id: 'dipaco.2.7.1c',
    claim: 'true-domain shards beat the dense model of path size (perplexity)',
    bound: { op: '>=', value: 0.04 },
    measure: (of) => gain(of, 'domains', dense),
  },
  {
    id: 'dipaco.2.7.1d',
    claim: 're-sharded halfway to equal shares, the grid beats the dense model of path size (perplexity)',
    paper: 'not tried',
    bound: { op: '>=', value: 0.02 },
    measure: (of) => gain(of, 'halfway', dense),
  },
  {
    id: 'dipaco.2.7.1e',
    claim: 'the dense model of about the size of all modules beats the grid (perplexity)',
    paper: '11.41 (1.3B) against 14.86 (2×4)',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'dense-wide', 'grid'),
  },
  {
    id: 'dipaco.2.7.1f',
    claim: 'more paths are better: 4×4 against 2×4, both with the embedding of the first level (perplexity)',
    paper: '10 % from 2×4 to 8×8',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'big', 'level'),
  },
  {
    id: 'dipaco.2.7.2',
    claim: 'true-domain shards beat DiLoCo with as many replicas (perplexity)',
    paper: '−1 % (P = 8), −11 % (P = 64), learned routing',
    bound: { op: '>=', value: 0.015 },
    measure: (of) => gain(of, 'domains', diloco),
  },
  {
    id: 'dipaco.2.7.2c',
    claim: 'learned routing, the grid re-sharded, beats DiLoCo with as many replicas (perplexity)',
    paper: '−1 % (P = 8)',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'grid', diloco),
  },
  {
    id: 'dipaco.2.7.2d',
    claim: 'the same, both at one rate (perplexity)',
    paper: '−1 % (P = 8)',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'grid', 'diloco'),
  },
  {
    id: 'dipaco.2.7.3',
    claim: 'few paths: the flat mixture is better than the grid on the same shards (perplexity)',
    paper: '14.62 against 14.86 (P = 8)',
    bound: { op: '>=', value: 0.02 },
    measure: (of) => gain(of, 'flat', 'kmeans'),
  },
  {
    id: 'dipaco.2.7.3b',
    claim: 'on the same data the larger flat mixture is still better than the smaller (perplexity)',
    paper: '14.6 (P = 8), 13.9 (16), 14.2 (256)',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'flat-big', 'flat'),
  },
  {
    id: 'dipaco.2.7.4',
    claim: 're-sharded is on average not worse than its own start (perplexity)',
    paper: 'discriminative 16.5, product 16.8, k-means 17.2',
    bound: { op: '<=', value: 0.003 },
    measure: (of) => -gain(of, 'grid', 'kmeans'),
  },
  {
    id: 'dipaco.2.7.4c',
    claim: 'the flat mixture: re-sharded is on average not worse than its own start (perplexity)',
    paper: 'a flat mixture of 16: 14.0 to 13.38 (first re-sharding)',
    bound: { op: '<=', value: 0.003 },
    measure: (of) => -gain(of, 'flat-reshard', 'flat'),
  },
  {
    id: 'dipaco.2.7.4d',
    claim: '2×2: re-sharded is on average not worse than its own start (perplexity)',
    bound: { op: '<=', value: 0.003 },
    measure: (of) => -gain(of, 'small', 'small-kmeans'),
  },
  {
    id: 'dipaco.2.7.4e',
    claim: 're-sharded halfway to equal shares is on average not worse than its own start (perplexity)',
    paper: 'not tried',
    bound: { op: '<=', value: 0.003 },
    measure: (of) => -gain(of, 'halfway', 'kmeans'),
  },
  {
    id: 'dipaco.2.7.4f',
    claim: 're-sharded is better than its own start (perplexity)',
    paper: '−4.4 %',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'grid', 'kmeans'),
  },
  {
    id: 'dipaco.2.7.4b',
    claim: 'product k-means is better than k-means (perplexity)',
    paper: '16.8 against 17.2',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'product', 'kmeans'),
  },
  {
    id: 'dipaco.2.7.5',
    claim: 'random shards gain nothing over DiLoCo at the same rate (perplexity)',
    paper: 'the leak control',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => gain(of, 'random', 'diloco'),
  },
  {
    id: 'dipaco.2.7.5b',
    claim:
      'random shards: how many test documents have their best path (a share; chance is 0.125, and 2.5 errors above it 0.18)',
    paper: 'the leak control',
    bound: { op: '<=', value: 0.18 },
    measure: (of) => of('random', 'accuracy'),
  },
  {
    id: 'dipaco.2.7.6',
    claim: 're-routed every 32 tokens by all the evidence so far is better than once (perplexity)',
    paper: '−6 % (W = 128), then −0.9, −0.6, −0.4 %',
    bound: { op: '>=', value: 0.003 },
    measure: (of) => gainOf(of, 'grid', 'rerouted32'),
  },
  {
    id: 'dipaco.2.7.6b',
    claim: 'the more often re-routed the better: smallest step from once to 128 to 64 to 32 to 16 (perplexity)',
    paper: 'monotone',
    bound: { op: '>=', value: 0 },
    measure: (of) => Math.min(...reroutingSteps(of)),
  },
  {
    id: 'dipaco.2.7.6d',
    claim: 'the first step, from once to every 128, is the largest: its distance to the next (perplexity)',
    paper: '−6 % (W = 128), then −0.9, −0.6, −0.4 %',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const [first, ...others] = reroutingSteps(of);
      return first! - Math.max(...others);
    },
  },
  {
    id: 'dipaco.2.7.6c',
    claim: 're-routed every 32 tokens as the prompt page does, by the router, is not worse than once (perplexity)',
    paper: 'not tried; a network of its own chooses there',
    bound: { op: '>=', value: 0 },
    measure: (of) => gainOf(of, 'grid', 'page32'),
  },
  {
    id: 'dipaco.2.7.7',
    claim: 'the best version of each path answers, all train on: helps the larger grid (perplexity)',
    paper: '−1.4 % at 256 paths',
    bound: { op: '>=', value: 0.005 },
    measure: (of) => gainOf(of, 'big', 'early'),
  },
  {
    id: 'dipaco.2.7.7b',
    claim: 'the same changes little at few paths (distance, perplexity)',
    paper: 'about 0',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(gainOf(of, 'grid', 'early')),
  },
  {
    id: 'dipaco.2.7.7c',
    claim: 'the same helps 2×2 on a quarter of the data (perplexity)',
    paper: '−1.4 % at 256 paths',
    bound: { op: '>=', value: 0.005 },
    measure: (of) => gainOf(of, 'scarce-small', 'early'),
  },
  {
    id: 'dipaco.2.7.7d',
    claim: 'paths stopped early, as the product does, help 2×2 on a quarter of the data (perplexity)',
    currency: 'steps, until a path is stopped',
    paper: 'not tried: there all paths train on',
    bound: { op: '>=', value: 0.005 },
    measure: (of) => gain(of, 'scarce-patience', 'scarce-small'),
  },
  {
    id: 'dipaco.2.7.7e',
    claim: 'paths stopped early, as the product does, cost the grid at most (perplexity)',
    currency: 'steps, until a path is stopped',
    paper: 'not tried: there all paths train on',
    bound: { op: '<=', value: 0.003 },
    measure: (of) => -gain(of, 'patience', 'grid'),
  },
  {
    id: 'dipaco.2.7.7f',
    claim: 'paths stopped early, as the product does, help the larger grid on a quarter of the data (perplexity)',
    currency: 'steps, until a path is stopped',
    paper: 'not tried: there all paths train on',
    bound: { op: '>=', value: 0.005 },
    measure: (of) => gain(of, 'scarce-big-patience', 'scarce-big'),
  },
  {
    id: 'dipaco.2.7.8',
    claim: 'private modules improve on shared ones (perplexity)',
    paper: '−5 % (8×8)',
    bound: { op: '>=', value: 0.01 },
    measure: (of) => gain(of, 'private', 'grid'),
  },
  {
    id: 'dipaco.2.7.9',
    claim: 'a second re-sharding gains less than 1 % (perplexity)',
    paper: 'first −4.4 %, later < 1 % each',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => gain(of, 'twice', 'grid'),
  },
  {
    id: 'dipaco.2.7.9b',
    claim: 'the first re-sharding gains more than the second (perplexity)',
    paper: 'first −4.4 %, later < 1 % each',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'grid', 'kmeans') - gain(of, 'twice', 'grid'),
  },
  {
    id: 'dipaco.2.7.10',
    claim: 'synchronised every 25 steps is within 4 % of gradients exchanged every step (perplexity, 2×2)',
    paper: 'better by 0.3 (2×2), worse by 0.1 (8×8) than gradients exchanged every step',
    bound: { op: '<=', value: 0.04 },
    measure: (of) => Math.abs(gain(of, 'small-kmeans', 'every-step')),
  },
  {
    id: 'dipaco.2.7.11',
    claim:
      'data that grow with the paths: the gain over dense on the same data, all at one rate, grows from 4 to 8 to 16 paths (smallest step, perplexity)',
    paper: '+150 → +267 perplexity',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const [four, eight] = [gain(of, 'scarce-small', 'scarce-dense'), gain(of, 'half-grid', 'half-dense')];
      return Math.min(eight - four, gain(of, 'big', 'dense') - eight);
    },
  },
  {
    id: 'dipaco.2.7.11c',
    claim:
      'data that grow with the paths: the gain over DiLoCo on the same data, all at one rate, grows from 4 to 8 to 16 paths (smallest step, perplexity)',
    paper: '−1 % (P = 8), −11 % (P = 64)',
    bound: { op: '>=', value: 0 },
    measure(of) {
      const [four, eight] = [gain(of, 'scarce-small', 'scarce-diloco'), gain(of, 'half-grid', 'half-diloco')];
      return Math.min(eight - four, gain(of, 'big', 'diloco-big') - eight);
    },
  },
  {
    id: 'dipaco.2.7.11b',
    claim: 'on fixed little data 16 paths gain less than 4 (perplexity)',
    paper: 'the advantage peaks, then collapses: +128 → −75 perplexity',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'scarce-small', 'scarce-big'),
  },
  {
    id: 'dipaco.2.2',
    claim: 'rescaling by √paths, never beyond the mean of the norms, helps (perplexity)',
    paper: 'used throughout',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'sqrt', 'grid'),
  },
  {
    id: 'dipaco.2.2b',
    claim: 'radial averaging helps (perplexity)',
    paper: 'not tried',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'radial', 'grid'),
  },
  {
    id: 'dipaco.2.2c',
    claim: 'documents in two shards each help (perplexity)',
    paper: 'used at 256 paths',
    bound: { op: '>=', value: 0 },
    measure: (of) => gain(of, 'overlap', 'grid'),
  },
];
