import { fileURLToPath } from 'node:url';
import { BITS } from '@pathfold/training/bits';
import { expect, test } from '@playwright/test';
import { openBrowserPage } from '../packages/bench/browser-page.ts';
import { CHROMIUM, FLAGS } from './browser.ts';
import type { EngineAnswer } from './engine-page.ts';
import type { EngineTask } from './engine-worker.ts';

const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Trains 20 steps in a page of its own, once for each task. */
const trained = async (headers: Record<string, string>, tasks: readonly EngineTask[]): Promise<EngineAnswer[]> => {
  const entry = fileURLToPath(new URL('engine-page.ts', import.meta.url));
  const { page, close } = await openBrowserPage(entry, CHROMIUM, FLAGS, headers);
  try {
    await page.waitForFunction(() => 'train' in window);
    const answers: EngineAnswer[] = [];
    for (const task of tasks)
      answers.push(
        await page.evaluate(
          (one) => (window as unknown as { train(task: EngineTask): Promise<EngineAnswer> }).train(one),
          task,
        ),
      );
    return answers;
  } finally {
    await close();
  }
};
const ours = (batch: number, threads: number): EngineTask => ({ name: 'wasm', batch, threads });

test('our kernels compute the same bits in Chromium as in Node, on one thread and on three that share memory', async () => {
  const answers = await trained(ISOLATION, [ours(1, 1), ours(2, 2), ours(11, 3)]);
  expect(answers.map(({ hash }) => hash)).toEqual([BITS[1], BITS[2], BITS[11]]);
  expect(answers.map(({ isolated }) => isolated)).toEqual([true, true, true]);
  expect(answers[2]!.adapter).toContain('3 threads');
});

test('a page that may not share memory: the same bits by message, and the loss curve of TensorFlow.js on WebGPU', async () => {
  const tasks = [ours(11, 3), ours(2, 1), { name: 'tfjs-webgpu', batch: 2, threads: 1 }] as const;
  const [messages, wasm, webgpu] = await trained({}, tasks);
  expect([messages!.isolated, messages!.hash]).toEqual([false, BITS[11]]);
  expect(webgpu!.losses).toHaveLength(20);
  expect(Math.max(...webgpu!.losses.map((loss, step) => Math.abs(loss - wasm!.losses[step]!)))).toBeLessThan(1e-3);
});
