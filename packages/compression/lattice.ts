/**
 * Versions of a module on a lattice: θ̂ = fround(snapshot + n · step), value by value, n whole numbers. The snapshot is
 * float16, widened. The fold steps a float32 master; θ̂ is the version nearest to it, so what rounding leaves out
 * stays in the master. Doubles in between, rounded once: equal bits on every machine, by IEEE 754 alone.
 */
export interface Lattice {
  readonly snapshot: Float32Array;
  readonly step: number;
  /** Root mean square of what a whole outer step moves a value by, smoothed. */
  readonly movement: number;
}

/** A step is so many movements. */
const MOVEMENTS = 1.5;
/** A new step begins when the movement has changed by so much since the last was set. */
const CHANGED = 1.4;
/** The part of a whole outer step in the movement. */
const NEWEST = 0.5;
/**
 * No n is larger, and no step smaller than the largest value of the snapshot by more: so float32 holds θ̂ to an eighth of a
 * step, and n is found again in it.
 */
const MOST = 2 ** 20;
const LEAST_STEP = 2 ** -100;
const MOST_STEP = 2 ** 100;

export const isStep = (step: number): boolean => step >= LEAST_STEP && step <= MOST_STEP && Math.fround(step) === step;

/** n of the version nearest to a value, not yet looked at: as large as may be, or not a number. */
const nearest = (value: number, snapshot: number, step: number): number => Math.floor((value - snapshot) / step + 0.5);

export const isWithin = (n: number): boolean => Math.abs(n) <= MOST;

/** Writes into `integers` the n of values, from `from` on as many as `integers` has; answers whether all are within bounds. */
export function readIntegers(
  values: Float32Array,
  { snapshot, step }: Pick<Lattice, 'snapshot' | 'step'>,
  from: number,
  integers: Int32Array,
): boolean {
  for (let i = 0; i < integers.length; i++) {
    const n = nearest(values[from + i]!, snapshot[from + i]!, step);
    if (!isWithin(n)) return false;
    integers[i] = n;
  }
  return true;
}

/** The n nearest to values: of a version exactly its own. Null when one is out of bounds: no version of this lattice is near. */
export function integersOf(values: Float32Array, lattice: Pick<Lattice, 'snapshot' | 'step'>): Int32Array | null {
  const integers = new Int32Array(values.length);
  return readIntegers(values, lattice, 0, integers) ? integers : null;
}

/** θ̂ */
export function versionOf(
  integers: Int32Array,
  { snapshot, step }: Pick<Lattice, 'snapshot' | 'step'>,
): Float32Array<ArrayBuffer> {
  const version = new Float32Array(integers.length);
  for (let i = 0; i < version.length; i++) version[i] = snapshot[i]! + integers[i]! * step;
  return version;
}

/**
 * The lattice of the next version, on the same snapshot.
 * @param squares mean square of what the fold moved a value by.
 * @param share the part of a whole outer step that the fold is.
 */
export function stepped(
  before: Pick<Lattice, 'step' | 'movement'> | null,
  snapshot: Float32Array,
  squares: number,
  share: number,
): Lattice {
  const newest = before ? NEWEST * share : 1;
  const movement = Math.sqrt((1 - newest) * (before?.movement ?? 0) ** 2 + (newest * squares) / share);
  const set = before ? before.step / MOVEMENTS : 0;
  const keeps = before && movement <= CHANGED * set && CHANGED * movement >= set;
  const least = Math.max(LEAST_STEP, largest(snapshot) / MOST);
  return { snapshot, movement, step: Math.max(least, keeps ? before.step : Math.fround(MOVEMENTS * movement)) };
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
