import { fileURLToPath } from 'node:url';
import type { LlamaShape } from '@pathfold/nets/llama-modules';
import { openBrowserPage } from './browser-page.ts';
import type { BenchOptions, BenchResult } from './options.ts';
import type { Measured } from './train-webgpu-page.ts';

/** The reference shape; `--quick` takes fewer sequences and repetitions, because emulated GPUs are slow. */
const MODEL: LlamaShape = { width: 128, blocks: 4, heads: 4, context: 128, vocabulary: 256, tied: true };

const CHROMIUM = process.env['PATHFOLD_CHROMIUM'] ?? '/usr/bin/chromium';
/** PATHFOLD_GPU=hardware takes the machine's own GPU. */
const ADAPTER =
  process.env['PATHFOLD_GPU'] === 'hardware'
    ? ['--enable-features=Vulkan', '--use-angle=vulkan']
    : ['--use-webgpu-adapter=swiftshader'];
const FLAGS = ['--no-sandbox', '--no-first-run', '--disable-sync', '--enable-unsafe-webgpu', ...ADAPTER];

/** Training on WebGPU in Chromium: fair stock TensorFlow.js against our executor, in one page. */
export const run = async ({ quick }: BenchOptions): Promise<BenchResult> => {
  const entry = fileURLToPath(new URL('train-webgpu-page.ts', import.meta.url));
  const { page, close } = await openBrowserPage(entry, CHROMIUM, FLAGS);
  try {
    const batch = quick ? 1 : 8;
    await page.waitForFunction(() => 'measure' in window);
    const { adapter, arms } = await page.evaluate(
      ([model, batch, repetitions]) =>
        (window as unknown as { measure(...args: unknown[]): Promise<Measured> }).measure(model, batch, repetitions),
      [MODEL, batch, quick ? 3 : 5] as const,
    );
    const tokens = batch * MODEL.context;
    const results = Object.entries(arms).map(([name, figures]) => {
      const tokensPerSecond = Math.round((1000 * tokens) / figures.milliseconds);
      return [`${adapter}, ${batch} x ${MODEL.context} tokens: ${name}`, { tokensPerSecond, ...figures }];
    });
    const ratio = arms['stock']!.milliseconds / arms['webgpu']!.milliseconds;
    return {
      results: Object.fromEntries(results),
      ratios: { 'webgpu / stock on WebGPU': Math.round(100 * ratio) / 100 },
    };
  } finally {
    await close();
  }
};
