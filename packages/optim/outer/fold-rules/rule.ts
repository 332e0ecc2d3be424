/** A contribution to a module: `values` answers its outer gradient from `start` to `end`, clipped and discounted. */
export interface Sent {
  values(start: number, end: number): Promise<Float32Array>;
}

/**
 * One outer gradient of a module from those of several volunteers, each of which is one voice: weights are what senders
 * say. `centre` is the outer gradient that the module's momentum expects, as long as the module. Sums are in double
 * precision, in the order of `sent`. A single one is answered as it is.
 */
export type FoldRule = (sent: readonly Sent[], centre: Float32Array) => Promise<Float32Array>;

/** |a - b| in double precision. */
export function distance(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares);
}
