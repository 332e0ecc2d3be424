import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Coarseness } from '@pathfold/protocol/run-spec';
import { type BrowserPage, openBrowserPage } from '../browser-page.ts';
import { Missing } from '../options.ts';
import { type Measured, measure } from './speed.ts';

const EXECUTABLE = process.env['PATHFOLD_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--no-first-run', '--disable-sync'];

/** An outer gradient, with the values of each module. */
export interface Gradient {
  readonly values: Float32Array;
  readonly sizes: readonly number[];
}

const COARSENESSES: readonly Coarseness[] = [1, 2, 3, 4];

/** Bytes and speed of `q` on each gradient, in Node and in Chromium; throws where their bytes differ, or Chromium is `Missing`. */
export async function codecSpeeds(gradients: Readonly<Record<string, Gradient>>): Promise<Record<string, object>> {
  if (!existsSync(EXECUTABLE))
    throw new Missing(
      `This benchmark needs Chromium, and ${EXECUTABLE} is not there: apt-get install chromium, or name another in PATHFOLD_CHROMIUM.`,
    );
  const results: Record<string, object> = {};
  const page = await openBrowserPage(fileURLToPath(new URL('chromium-page.ts', import.meta.url)), EXECUTABLE, FLAGS);
  try {
    await page.page.waitForFunction(() => 'measure' in window);
    for (const [name, gradient] of Object.entries(gradients))
      for (const coarseness of COARSENESSES) {
        const node = await measure(gradient.values, gradient.sizes, coarseness);
        const chromium = await measureIn(page, gradient, coarseness);
        if (node.sha256 !== chromium.sha256)
          throw new Error(`${name}, q at ${coarseness}: Chromium writes other bytes`);
        results[`q at ${coarseness}, ${name}`] = {
          bytesPerParameter: Number((node.bytes / gradient.values.length).toFixed(4)),
          encodeNode: node.encode,
          decodeNode: node.decode,
          encodeChromium: chromium.encode,
          decodeChromium: chromium.decode,
        };
      }
  } finally {
    await page.close();
  }
  return results;
}

const measureIn = ({ page }: BrowserPage, { values, sizes }: Gradient, coarseness: Coarseness): Promise<Measured> =>
  page.evaluate(
    ([base64, modules, c]) =>
      (window as unknown as { measure(...args: unknown[]): Promise<Measured> }).measure(base64, modules, c),
    [Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'), sizes, coarseness] as const,
  );
