import { short } from './rows.ts';

export interface CalibrateOptions {
  /** Scores before the biases [documents, paths], row-major. */
  readonly scores: Float64Array;
  /** How much each document counts: its tokens, or 1. */
  readonly weights: ArrayLike<number>;
  /** The share of the whole weight that each path is to get; they sum to 1. */
  readonly target: readonly number[];
}

const SWEEPS = 1000;
/** A share of a path's target: closer is not looked for. */
const CLOSE_ENOUGH = 0.005;

/**
 * One bias a path, so that documents which go to their highest score + bias fill the paths as `target` says, as closely
 * as whole documents allow. Each bias climbs while its path has too little and falls while it has too much, in steps
 * that grow on a straight way and shrink at each turn (Rprop). Deterministic. Throws a RangeError when a path that has
 * a target gets nothing.
 */
export const calibrate = ({ scores, weights, target }: CalibrateOptions): number[] => {
  const paths = target.length;
  const step = new Float64Array(paths).fill(typicalMargin(scores, paths));
  const side = new Int8Array(paths);
  const biases = new Float64Array(paths);
  let best = { off: Number.POSITIVE_INFINITY, biases: [] as number[], shares: [] as number[] };
  for (let sweep = 0; sweep < SWEEPS && best.off > CLOSE_ENOUGH; sweep++) {
    const middle = biases.reduce((sum, bias) => sum + bias, 0) / paths;
    const rounded = Array.from(biases, (bias) => short(bias - middle));
    const shares = sharesOf(scores, weights, rounded);
    const off = Math.max(...shares.map((share, p) => Math.abs(share - target[p]!) / (target[p]! || 1)));
    if (off < best.off) best = { off, biases: rounded, shares };
    for (let p = 0; p < paths; p++) {
      const next = Math.sign(target[p]! - shares[p]!);
      const turned = next * side[p]! < 0;
      if (turned) step[p] = step[p]! * 0.5;
      else if (next * side[p]! > 0) step[p] = step[p]! * 1.2;
      side[p] = turned ? 0 : next;
      biases[p] = biases[p]! + side[p]! * step[p]!;
    }
  }
  const empty = target.findIndex((share, p) => share > 0 && best.shares[p] === 0);
  if (empty >= 0)
    throw new RangeError(
      `no document can be given to path ${empty} of ${paths}: the documents are too few, too alike, or too unequal in size`,
    );
  return best.biases;
};

/** The share of the weight that goes to each path. */
export const sharesOf = (scores: Float64Array, weights: ArrayLike<number>, biases: ArrayLike<number>): number[] => {
  const paths = biases.length;
  const shares = new Array<number>(paths).fill(0);
  let whole = 0;
  for (let document = 0; document < weights.length; document++) {
    const from = document * paths;
    let best = 0;
    for (let p = 1; p < paths; p++) if (scores[from + p]! + biases[p]! > scores[from + best]! + biases[best]!) best = p;
    shares[best] = shares[best]! + weights[document]!;
    whole += weights[document]!;
  }
  return shares.map((share) => share / whole);
};

/** The mean distance between the highest and the mean score of a document: the scale on which biases act. */
const typicalMargin = (scores: Float64Array, paths: number): number => {
  const documents = scores.length / paths;
  let sum = 0;
  for (let document = 0; document < documents; document++) {
    const row = scores.subarray(document * paths, (document + 1) * paths);
    sum += Math.max(...row) - row.reduce((a, b) => a + b) / paths;
  }
  return sum / documents / 4 || 1;
};
