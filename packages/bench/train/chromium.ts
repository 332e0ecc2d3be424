import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onGpu } from '@pathfold/tensors/executors/executor';
import { openBrowserPage } from '../browser-page.ts';
import { Missing } from '../options.ts';
import type { Timed } from './arms.ts';
import { type TracedMark, tracedMilliseconds } from './gpu-counts.ts';
import type { Place } from './place.ts';
import { type Answer, openElsewhere, type Question } from './serve-arms.ts';

const EXECUTABLE = process.env['PATHFOLD_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--no-first-run', '--disable-sync', '--enable-unsafe-webgpu'];
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** How Chromium is made to take a GPU: one of the machine's, or the one that it emulates itself. */
const GPU_FLAGS = {
  machine: ['--enable-features=Vulkan', '--use-angle=vulkan'],
  emulated: ['--use-webgpu-adapter=swiftshader'],
} as const;
export type GpuFlags = keyof typeof GPU_FLAGS;

/** Chromium, in a page that may share memory between its threads. Throws `Missing`. */
export const openChromium = async (gpu: GpuFlags): Promise<Place> => {
  if (!existsSync(EXECUTABLE))
    throw new Missing(
      `This benchmark needs Chromium, and ${EXECUTABLE} is not there: apt-get install chromium, or name another in PATHFOLD_CHROMIUM.`,
    );
  const entry = fileURLToPath(new URL('chromium-page.ts', import.meta.url));
  const { page, close } = await openBrowserPage(entry, EXECUTABLE, [...FLAGS, ...GPU_FLAGS[gpu]], ISOLATION);
  await page.waitForFunction(() => 'ask' in window);
  const ask = (question: Question): Promise<Answer> =>
    page.evaluate((one) => (window as unknown as { ask(one: Question): Promise<Answer> }).ask(one), question);
  const browser = page.context().browser()!;
  /** The answer of a measurement, its JavaScript counted in CPU time. */
  const traced = async (measure: () => Promise<Timed>): Promise<Timed> => {
    await browser.startTracing(page, { categories: ['blink.user_timing'] });
    const { gpu, milliseconds } = await measure();
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TracedMark[] };
    return { milliseconds, gpu: gpu && { ...gpu, javascriptMilliseconds: tracedMilliseconds(traceEvents) } };
  };
  return {
    name: 'Chromium',
    async open(spec) {
      const arm = await openElsewhere(spec, ask);
      const steps = onGpu(spec.executor) ? (count: number) => traced(() => arm.steps(count)) : arm.steps;
      return { ...arm, steps };
    },
    close,
  };
};
