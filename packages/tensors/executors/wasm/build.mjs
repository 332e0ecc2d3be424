// Compiles every primitive's kernels.as (AssemblyScript) into dist/kernels.wasm, when a source is newer than that.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const target = join(room, 'dist', 'kernels.wasm');
const stamp = join(room, 'dist', 'kernels.sha256');

const options = ['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert', '--runtime', 'stub'];

/** Folders with kernels; a `.ts` that the compiler asks for is the `.as` beside it. */
const sources = () => [
  'executors/wasm/math',
  'executors/wasm/memory',
  ...readdirSync(join(room, 'primitives'))
    .sort()
    .map((name) => `primitives/${name}/kernels`)
    .filter((path) => existsSync(join(room, `${path}.as`))),
];

export async function buildKernels() {
  const files = sources();
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of files) hash.update(readFileSync(join(room, `${file}.as`)));
  const wanted = hash.digest('hex');
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const asc = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(
    [...files.map((file) => `${file}.ts`), '--outFile', 'kernels.wasm', '--enable', 'simd', ...options],
    {
      readFile(name) {
        const path = join(room, name.replace(/\.ts$/, '.as'));
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile(_, contents) {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`the kernels do not compile: ${error}\n${stderr}`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, binary);
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
