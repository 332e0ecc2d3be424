import { fileURLToPath } from 'node:url';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { bitsOf } from '@pathfold/tensors/primitives/battery';
import { nodeCases } from '@pathfold/tensors/primitives/node-cases';
import { expect, test } from '@playwright/test';
import { type BrowserPage, openBrowserPage } from '../packages/bench/browser-page.ts';
import { CHROMIUM, FLAGS } from './browser.ts';
import type { InPage } from './webgpu-page.ts';

let browser: BrowserPage;
const inPage = <K extends keyof InPage>(name: K, ...args: Parameters<InPage[K]>): ReturnType<InPage[K]> =>
  browser.page.evaluate(
    ([method, rest]) => {
      const all = (window as unknown as { inPage: Record<string, (...args: unknown[]) => unknown> }).inPage;
      return all[method]!(...rest);
    },
    [name, args] as const,
  ) as ReturnType<InPage[K]>;

test.beforeAll(async () => {
  const entry = fileURLToPath(new URL('webgpu-page.ts', import.meta.url));
  browser = await openBrowserPage(entry, CHROMIUM, FLAGS);
  await browser.page.waitForFunction(() => 'inPage' in window);
});
test.afterAll(() => browser.close());

for (const name of ['webgpu', 'tfjs-webgpu'] as const)
  test(`every case of the battery on ${name}: what the reference computes, derivatives included`, async () => {
    const { plans, wrong } = await inPage('battery', name);
    expect(wrong).toEqual([]);
    expect(plans).toBeGreaterThan(100);
  });

test('every case of the battery: our WebAssembly kernels compute the same bits as in Node', async () => {
  const executor = await openExecutor('wasm');
  const bits = await bitsOf(executor, await nodeCases());
  executor.dispose();
  expect(await inPage('bits')).toEqual(bits);
});

test('passes the self-test; so do our WebAssembly kernels, which must match to the last bit', async () => {
  expect(await inPage('selfTest', 'webgpu')).toMatchObject({ passed: true, software: true });
  expect(await inPage('selfTest', 'wasm')).toMatchObject({ passed: true });
});

test('gradients are those of the reference, and of TensorFlow.js on the same GPU', async () => {
  const wanted = await inPage('gradient', 'tfjs-cpu');
  for (const name of ['webgpu', 'tfjs-webgpu'] as const) {
    const found = await inPage('gradient', name);
    const distance = Math.hypot(...found.map((value, i) => value - wanted[i]!)) / Math.hypot(...wanted);
    expect(distance).toBeLessThan(1e-5);
  }
});

test('weights after a step down the plain gradient are those of the WebAssembly executor', async () => {
  const [ours, wasm] = [await inPage('descended', 'webgpu'), await inPage('descended', 'wasm')];
  expect(Math.max(...ours.map((weight, i) => Math.abs(weight - wasm[i]!)))).toBeLessThan(1e-6);
});

test('20 steps follow the loss curve of the WebAssembly executor', async () => {
  const [ours, wasm] = [await inPage('losses', 'webgpu', 20), await inPage('losses', 'wasm', 20)];
  expect(Math.max(...ours.map((loss, n) => Math.abs(loss - wasm[n]!)))).toBeLessThan(1e-3);
  expect(ours.at(-1)).toBeLessThan(ours[0]! - 0.1);
});

test('a step is one submission of dispatches that were prepared, and makes no buffers', async () => {
  const { submits, dispatches, buffers } = await inPage('counts', 30);
  expect(submits).toBe(30);
  expect(dispatches % 30).toBe(0);
  expect(dispatches / 30).toBeLessThanOrEqual(50);
  expect(buffers).toBe(0);
});

test('more workgroups than one side of a grid takes, and a plan that is too large for the adapter', async () => {
  expect(await inPage('large', 64 * 65_535 + 64)).toBe(9);
  expect(await inPage('large', 2 ** 29)).toMatch(/^out_of_memory: x \[536870912\] takes 2148 MB/);
});

test('a plan for which the page has too little memory is refused with a sentence, before anything is allotted', async () => {
  for (const name of ['webgpu', 'tfjs-webgpu', 'wasm'] as const) {
    const { refusal, buffers } = await inPage('tooLittle', name);
    expect(refusal).toBe('Error: out_of_memory: this work needs 1 MB of memory, of 1 MB');
    expect(buffers).toBe(0);
  }
});

test('a device that goes away in mid-step is a typed error, and another executor trains on', async () => {
  expect(await inPage('lost')).toEqual(['device_lost', 'device_lost', 'wasm']);
});
