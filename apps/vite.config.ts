import { createReadStream, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';
import { PAGES, pageAt } from '../packages/protocol/pages.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = join(root, '..', 'dist', 'pages');

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

const template = readFileSync(join(root, 'page.html'), 'utf8');
const ui = join(root, '..', 'packages', 'ui');

type PageEntry = (typeof PAGES)[number];

/** Where the built page lies. There is no such file: it is made of the template. */
const fileOf = ({ folder }: PageEntry): string => join(root, folder, 'index.html');

/** `uiAddress`: where the page finds icon and theme. */
const htmlOf = (page: PageEntry, uiAddress: string): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => ({ ...page, ui: uiAddress })[name as keyof PageEntry]);

/** Each page is the one template with the entry of its list filled in. */
const pagesOfTemplate = (): Plugin => ({
  name: 'pathfold:pages',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const page = pageAt(request.url?.split('?')[0] ?? '');
      if (!page) return next();
      server.transformIndexHtml(page.address, htmlOf(page, `/@fs${ui}`)).then((html) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(html);
      }, next);
    });
  },
  resolveId: (id) => (PAGES.some((page) => fileOf(page) === id) ? id : null),
  load(id) {
    const page = PAGES.find((entry) => fileOf(entry) === id);
    return page ? htmlOf(page, '../../packages/ui') : null;
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
  plugins: [react(), tailwindcss(), pagesOfTemplate(), runtimeFiles()],
  resolve: {
    alias: { 'simple-peer': 'simple-peer/simplepeer.min.js' },
    conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  worker: { format: 'es' },
  server: { headers: ISOLATION },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // Data URLs would need holes in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(PAGES.map((page) => [page.folder, fileOf(page)])),
    },
  },
});
