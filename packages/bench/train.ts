import { availableParallelism } from 'node:os';
import type { LlamaShape } from '@pathfold/nets/llama-shape';
import { threadsFor } from '@pathfold/tensors/executors/wasm/chunks';
import type { BenchOptions, BenchResult } from './options.ts';
import { type ArmSpec, type Device, PRODUCTS } from './train/arms.ts';
import { type GpuFlags, openChromium } from './train/chromium.ts';
import { openDawn } from './train/dawn.ts';
import { type Medians, type Named, takeTurns } from './train/medians.ts';
import { type Place, thisProcess } from './train/place.ts';
import { flopsOfStep, nameOf, REFERENCE, SHAPES } from './train/shapes.ts';

const BATCH = 8;
/** Sequences a step on an emulated GPU, which is slow; all of BATCH at the reference shape. */
const EMULATED_BATCH = 1;

/**
 * Training, side by side: fair stock TensorFlow.js, the same with fast products, and our executors, on the CPU on one
 * thread and on all, in Node and in Chromium, and on every GPU that is found. Beside them the bare matrix products of
 * our kernels, which no step can outrun. `--quick`: the reference shape alone.
 */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const shapes = quick ? [REFERENCE] : SHAPES;
  const figures: Figures = { results: {}, ratios: {} };
  await measureCpu(shapes, figures);
  await measureGpus(shapes, figures);
  return figures;
};

interface Figures {
  readonly results: Record<string, Row>;
  readonly ratios: Record<string, number>;
}

const measureCpu = async (shapes: readonly LlamaShape[], { results, ratios }: Figures): Promise<void> => {
  const chromium = await openChromium('emulated');
  for (const model of shapes) {
    const medians = await takeTurns(cpuArms(model, chromium));
    for (const [name, each] of medians) results[`${nameOf(model)} ${name}`] = rowOf(model, BATCH, each);
    const faster = (name: string, than: string) => medians.get(than)!.milliseconds / medians.get(name)!.milliseconds;
    for (const name of medians.keys())
      if (name.startsWith('wasm'))
        for (const than of ['stock', 'stock-nn'])
          ratios[`${nameOf(model)} ${name} / ${than}`] = round(faster(name, than));
    for (const name of medians.keys())
      if (name.endsWith(IN_CHROMIUM)) {
        const inNode = name.slice(0, -IN_CHROMIUM.length);
        ratios[`${nameOf(model)} ${name} / in Node`] = round(faster(name, inNode));
      }
    const gflops = (name: string) => results[`${nameOf(model)} ${name}`]!.gflops!;
    ratios[`${nameOf(model)} wasm / ${BARE}`] = round(gflops('wasm') / gflops(BARE));
    const onAll = [...medians.keys()].findLast((name) => name.startsWith('wasm') && !name.endsWith(IN_CHROMIUM))!;
    ratios[`${nameOf(model)} ${ADAMW} / ${onAll}`] = Number(faster(onAll, ADAMW).toFixed(3));
  }
  await chromium.close();
};

const measureGpus = async (shapes: readonly LlamaShape[], { results, ratios }: Figures): Promise<void> => {
  for (const place of await gpuPlaces()) {
    for (const model of shapes) {
      const batch = place.device.software && model !== REFERENCE ? EMULATED_BATCH : BATCH;
      const medians = await takeTurns(gpuArms(model, batch, place));
      const where = `${nameOf(model)} x${batch} on ${place.device.adapter} in ${place.name}`;
      for (const [name, each] of medians) results[`${where}: ${name}`] = rowOf(model, batch, each);
      ratios[`${where}: webgpu / stock`] = round(
        medians.get('stock')!.milliseconds / medians.get('webgpu')!.milliseconds,
      );
    }
    await place.close();
  }
};

interface Row {
  readonly tokensPerSecond?: number;
  readonly gflops?: number;
  readonly milliseconds: number;
  readonly peakMB: number;
  readonly dispatches?: number;
  readonly submits?: number;
  readonly javascriptMs?: number;
}

const round = (value: number): number => Math.round(100 * value) / 100;

const rowOf = (model: LlamaShape, batch: number, { spec, milliseconds, peakBytes, gpu }: Medians): Row => {
  const speed = (flops: number) => ({ gflops: round(flops / milliseconds / 1e6) });
  const tokensPerSecond = Math.round((1000 * batch * model.context) / milliseconds);
  return {
    ...(spec.kind === 'products' && speed(PRODUCTS * 2 * model.context * model.width ** 2)),
    ...(trains(spec) && { tokensPerSecond, ...speed(flopsOfStep(model, batch)) }),
    milliseconds: round(milliseconds),
    peakMB: round(peakBytes / 1e6),
    ...(gpu && {
      dispatches: gpu.dispatches,
      submits: gpu.submits,
      javascriptMs: round(gpu.javascriptMilliseconds),
    }),
  };
};

const trains = ({ kind }: ArmSpec): boolean => kind !== 'products' && kind !== 'adamw';

const IN_CHROMIUM = ' in Chromium';
const BARE = 'bare products';
const ADAMW = 'AdamW alone';

const cpuArms = (model: LlamaShape, chromium: Place): Named[] => {
  const spec = (kind: ArmSpec['kind'], executor: ArmSpec['executor'], threads = 1): ArmSpec => ({
    kind,
    executor,
    threads,
    model,
    batch: BATCH,
  });
  const all = threadsFor(availableParallelism());
  const ours = [1, ...(all > 1 ? [all] : [])].flatMap((threads): Named[] => {
    const name = threads > 1 ? `wasm x${threads}` : 'wasm';
    return [
      { name, place: thisProcess, spec: spec('ours', 'wasm', threads) },
      { name: `${name}${IN_CHROMIUM}`, place: chromium, spec: spec('ours', 'wasm', threads) },
    ];
  });
  return [
    { name: 'stock', place: thisProcess, spec: spec('stock', 'tfjs-wasm') },
    { name: 'stock-nn', place: thisProcess, spec: spec('stock-nn', 'tfjs-wasm') },
    ...ours,
    { name: BARE, place: thisProcess, spec: spec('products', 'wasm') },
    { name: ADAMW, place: thisProcess, spec: spec('adamw', 'wasm') },
  ];
};

const gpuArms = (model: LlamaShape, batch: number, place: Place): Named[] => [
  { name: 'stock', place, spec: { kind: 'stock', executor: 'tfjs-webgpu', threads: 1, model, batch } },
  { name: 'webgpu', place, spec: { kind: 'ours', executor: 'webgpu', threads: 1, model, batch } },
];

/** Every adapter that Chromium and Node's Dawn find, each once. */
const gpuPlaces = async (): Promise<(Place & { readonly device: Device })[]> => {
  const places: (Place & { readonly device: Device })[] = [];
  const flags: readonly GpuFlags[] = ['machine', 'emulated'];
  for (const open of [...flags.map((gpu) => () => openChromium(gpu)), openDawn]) {
    const place = await open();
    if (!place) continue;
    const spec: ArmSpec = { kind: 'ours', executor: 'webgpu', threads: 1, model: REFERENCE, batch: 1 };
    const device = await place.open(spec).catch(() => null);
    await device?.dispose();
    if (!device) console.error(`${place.name} finds no WebGPU adapter.`);
    const known = places.some(({ name, device: { adapter } }) => name === place.name && adapter === device?.adapter);
    if (device && !known) places.push({ ...place, device });
    else await place.close();
  }
  return places;
};
