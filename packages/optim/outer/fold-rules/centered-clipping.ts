import { distance, type FoldRule } from './rule.ts';

/**
 * Centred clipping (Karimireddy, He, Jaggi, arXiv 2012.10333, algorithm 2, one iteration): the centre plus the mean of
 * the ways from it, none of which counts with more than a radius. The radius is the lower median of their lengths, in
 * place of the paper's constant. Of two contributions the farther one counts as far as the nearer one goes.
 */
export const centeredClipping: FoldRule = async (sent, centre) => {
  const { length } = centre;
  const distances: number[] = [];
  for (const one of sent) distances.push(distance(await one.values(0, length), centre));
  const radius = distances.toSorted((a, b) => a - b)[Math.floor((sent.length - 1) / 2)]!;
  const sum = new Float64Array(length);
  for (const [index, one] of sent.entries()) {
    const values = await one.values(0, length);
    const part = distances[index]! > radius ? radius / distances[index]! : 1;
    for (let i = 0; i < length; i++) sum[i]! += part * (values[i]! - centre[i]!);
  }
  return Float32Array.from(sum, (value, i) => centre[i]! + value / sent.length);
};
