import { createReadStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { type Connect, defaultClientConditions, defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = join(root, '..', 'dist', 'pages');

/** The pages and the addresses that they answer to. */
const PAGES = {
  '/': 'volunteer',
  '/operator': 'operator',
  '/prompt': 'prompt',
  '/about': 'about',
  '/studies': 'studies',
} as const;

/** The folder of a file of a dependency, as the package that depends on it finds it. */
const folderOf = (file: string, dependent: string): string =>
  dirname(createRequire(join(root, '..', 'packages', dependent, 'package.json')).resolve(file));

const ortDist = folderOf('onnxruntime-web/ort-wasm-simd-threaded.wasm', 'inference');
const tfjsDist = folderOf('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', 'tensors');

/** Runtimes that load their own binaries at run time, by fixed address: served as they are. */
const RUNTIME_FILES: Record<string, string> = {
  '/ort/ort-wasm-simd-threaded.mjs': join(ortDist, 'ort-wasm-simd-threaded.mjs'),
  '/ort/ort-wasm-simd-threaded.wasm': join(ortDist, 'ort-wasm-simd-threaded.wasm'),
  '/tfjs/tfjs-backend-wasm.wasm': join(tfjsDist, 'tfjs-backend-wasm.wasm'),
  '/tfjs/tfjs-backend-wasm-simd.wasm': join(tfjsDist, 'tfjs-backend-wasm-simd.wasm'),
};

/** Cross-origin isolation, as the coordinator sends it with the built pages: shared memory needs it. */
const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const contentType = (path: string): string => (path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript');

const servePages: Connect.NextHandleFunction = (request, _response, next) => {
  const [path, query] = (request.url ?? '').split('?');
  const page = PAGES[path as keyof typeof PAGES];
  if (page) request.url = `/${page}/index.html${query ? `?${query}` : ''}`;
  next();
};

const pageAddresses = (): Plugin => ({
  name: 'pathfold:page-addresses',
  configureServer: (server) => void server.middlewares.use(servePages),
  configurePreviewServer: (server) => void server.middlewares.use(servePages),
  // Served under another address than where it lies, a page needs its sources named from the top.
  transformIndexHtml: {
    order: 'pre',
    handler: (html, { server, filename }) =>
      server
        ? html.replaceAll('"./', `"/${basename(dirname(filename))}/`).replaceAll('"../../', `"/@fs${join(root, '..')}/`)
        : html,
  },
});

const runtimeFiles = (): Plugin => ({
  name: 'pathfold:runtime-files',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const path = request.url?.split('?')[0] ?? '';
      const file = RUNTIME_FILES[path];
      if (!file) return next();
      response.setHeader('Content-Type', contentType(path));
      createReadStream(file).pipe(response);
    });
  },
  async writeBundle() {
    for (const [address, file] of Object.entries(RUNTIME_FILES)) {
      const target = join(outDir, dirname(address));
      await mkdir(target, { recursive: true });
      await copyFile(file, join(target, basename(address)));
    }
  },
});

export default defineConfig({
  root,
  appType: 'mpa',
  plugins: [react(), tailwindcss(), pageAddresses(), runtimeFiles()],
  resolve: {
    alias: { 'simple-peer': 'simple-peer/simplepeer.min.js' },
    conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  worker: { format: 'es' },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(Object.values(PAGES).map((page) => [page, join(root, page, 'index.html')])),
    },
  },
});
