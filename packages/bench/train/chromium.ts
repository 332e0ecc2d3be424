import { fileURLToPath } from 'node:url';
import { openBrowserPage } from '../browser-page.ts';
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

/** Chromium, in a page that may share memory between its threads. */
export const openChromium = async (gpu: GpuFlags): Promise<Place> => {
  const entry = fileURLToPath(new URL('chromium-page.ts', import.meta.url));
  const { page, close } = await openBrowserPage(entry, EXECUTABLE, [...FLAGS, ...GPU_FLAGS[gpu]], ISOLATION);
  await page.waitForFunction(() => 'ask' in window);
  const ask = (question: Question): Promise<Answer> =>
    page.evaluate((one) => (window as unknown as { ask(one: Question): Promise<Answer> }).ask(one), question);
  return { name: 'Chromium', open: (spec) => openElsewhere(spec, ask), close };
};
