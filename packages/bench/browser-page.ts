import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { chromium, type Page } from 'playwright';
import { build, type Rollup } from 'vite';

export interface BrowserPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** Opens a page in Chromium that runs the module in file `entry`, bundled with all that it loads. */
export const openBrowserPage = async (
  entry: string,
  executablePath: string,
  args: string[],
  headers: Record<string, string> = {},
): Promise<BrowserPage> => {
  const server = serve(await bundled(entry), headers);
  await once(server, 'listening');
  const browser = await chromium.launch({ executablePath, args });
  const close = async () => {
    await browser.close();
    server.close();
  };
  const page = await browser.newPage();
  // WebGPU wants a trustworthy address.
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}`);
  return { page, close };
};

const serve = (files: Files, headers: Record<string, string>): Server =>
  createServer(({ url }, response) => {
    const body = url === '/' ? INDEX : files.get(url ?? '');
    if (body === undefined) return response.writeHead(404).end();
    const type = url === '/' ? 'text/html' : url?.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return response.writeHead(200, { ...headers, 'Content-Type': type }).end(body);
  }).listen(0, 'localhost');

const INDEX = '<!doctype html><script type="module" src="/page.js"></script>';

/** The imports of a module, by address. */
type Files = ReadonlyMap<string, string | Uint8Array>;

/** A module as a page's `page.js`, with all that it loads. */
export const bundled = async (entry: string): Promise<Files> => {
  const { output } = (await build({
    root: dirname(entry),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      assetsInlineLimit: 0,
      rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } },
    },
  })) as Rollup.RollupOutput;
  return new Map(output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]));
};
