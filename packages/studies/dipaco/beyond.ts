import type { ClaimSpec } from '../claims.ts';
import { gain, type Reference, type References } from './gains.ts';

/** How its documents are answered: its name in the claim's id, what the claim says, the figure. */
type Way = readonly [suffix: string, about: string, figure: string];

type Pair = readonly [arm: string, reference: Reference, about: string, way?: Way];

const REROUTED: Way = ['-rerouted', ', re-routed every 32 by all the evidence so far', 'rerouted32'];
const PAGE: Way = ['-page', ', re-routed every 32 as the prompt page does', 'page32'];

/** Learned routing, and DiLoCo with as many replicas as it has paths, on the same data. */
const pairs = ({ diloco, dilocoSmall, dilocoBig }: References): readonly Pair[] => [
  ['grid', diloco, 'the grid, re-sharded'],
  ['flat', diloco, 'flat mixture, balanced k-means'],
  ['flat-reshard', diloco, 'flat mixture, re-sharded'],
  ['private', diloco, 'private modules, re-sharded'],
  ['histogram', diloco, 'routed by byte histograms, re-sharded'],
  ['halfway', diloco, 're-sharded halfway to equal shares'],
  ['even', diloco, 're-sharded to equal shares'],
  ['overlap', diloco, 'documents in two shards each, re-sharded'],
  ['scarce-small', 'scarce-diloco', '2×2 on a quarter of the data, re-sharded, both at one rate'],
  ['half-grid', 'half-diloco', 'the grid on half of the data, re-sharded, both at one rate'],
  ['big', 'diloco-big', 'the larger grid, re-sharded, both at one rate'],
  ['big', dilocoBig, 'the larger grid, re-sharded', ['-tuned', '', 'nats']],
  ['private-big', dilocoBig, 'the larger grid, private modules, re-sharded'],
  ['flat-big', dilocoBig, 'the larger flat mixture, balanced k-means'],
  ['small', dilocoSmall, '2×2, re-sharded'],
  ['grid', diloco, 'the grid, re-sharded', REROUTED],
  ['scarce-small', 'scarce-diloco', '2×2 on a quarter of the data, both at one rate', REROUTED],
  ['half-grid', 'half-diloco', 'the grid on half of the data, both at one rate', REROUTED],
  ['big', 'diloco-big', 'the larger grid, both at one rate', REROUTED],
  ['big', 'diloco-big', 'the larger grid, both at one rate', PAGE],
  ['flat', diloco, 'flat mixture, balanced k-means', REROUTED],
  ['flat', diloco, 'flat mixture, balanced k-means', PAGE],
  ['flat-reshard', diloco, 'flat mixture, re-sharded', REROUTED],
  ['flat-reshard', diloco, 'flat mixture, re-sharded', PAGE],
  ['private', diloco, 'private modules, re-sharded', REROUTED],
  ['private', diloco, 'private modules, re-sharded', PAGE],
  ['grid8x8', 'diloco-64', '8×8, re-sharded, both at one rate'],
];

/** Each arm is judged by its own mean: none is chosen by what it has on the test documents. */
export const beyond = (references: References): ClaimSpec[] =>
  pairs(references).map(([arm, reference, about, [suffix, how, figure] = ['', '', 'nats']]) => ({
    id: `dipaco.2.7.2b-${arm}${suffix}`,
    claim: `learned routing beats DiLoCo with as many replicas (perplexity): ${about}${how}`,
    paper: '−1 % (P = 8), −11 % (P = 64)',
    bound: { op: '>=', value: 0.03 },
    measure: (of) => gain(of, arm, reference, figure),
  }));
