import type { Kernel, Place } from './form.ts';

type Limits = Pick<GPUSupportedLimits, 'maxStorageBuffersPerShaderStage' | 'maxComputeWorkgroupStorageSize'>;

/** Kernels in one dispatch, at most: more make a shader slow to compile. */
const MOST = 4;

/**
 * Kernels in as few dispatches as a greedy search finds, such as the two products of a matrix product's derivative in
 * one. Each goes to the earliest dispatch after everything that it must follow: what writes what it reads, and what
 * reads or writes what it writes, wherever that lies in memory.
 */
export const merge = (kernels: readonly Kernel[], limits: Limits): readonly (readonly Kernel[])[] => {
  const dispatches: Kernel[][] = [];
  for (const kernel of kernels) {
    const after = dispatches.findLastIndex((others) => others.some((other) => mustFollow(kernel, other)));
    const place = dispatches.findIndex((others, at) => at > after && fits([...others, kernel], limits));
    if (place < 0) dispatches.push([kernel]);
    else dispatches[place]!.push(kernel);
  }
  return dispatches;
};

const overlap = (a: Place, b: Place): boolean => a.buffer === b.buffer && a.at < b.at + b.size && b.at < a.at + a.size;

const mustFollow = (kernel: Kernel, earlier: Kernel): boolean => {
  if (kernel.beside === earlier) return false;
  const [reads, writes] = [Object.values(kernel.reads), Object.values(kernel.writes)];
  const touched = [...Object.values(earlier.reads), ...Object.values(earlier.writes)];
  return (
    writes.some((place) => touched.some((other) => overlap(place, other))) ||
    reads.some((place) => Object.values(earlier.writes).some((other) => overlap(place, other)))
  );
};

const fits = (kernels: readonly Kernel[], limits: Limits): boolean => {
  const buffers = new Set(
    kernels.flatMap(({ reads, writes }) => [...Object.values(reads), ...Object.values(writes)].map((p) => p.buffer)),
  );
  const shared = kernels.reduce((sum, { declarations = '' }) => sum + workgroupFloats(declarations), 0);
  return (
    kernels.length <= MOST &&
    kernels.every(({ lanes }) => lanes === kernels[0]!.lanes) &&
    buffers.size <= limits.maxStorageBuffersPerShaderStage &&
    4 * shared <= limits.maxComputeWorkgroupStorageSize
  );
};

const workgroupFloats = (declarations: string): number =>
  [...declarations.matchAll(/var<workgroup>[^;]*, (\d+)>;/g)].reduce((sum, [, floats]) => sum + Number(floats), 0);
