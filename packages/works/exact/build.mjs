// Compiles kernels.as (AssemblyScript) into kernels.ts, which holds the module as text: `node packages/works/exact/build.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = dirname(fileURLToPath(import.meta.url));

/** The compiled module in base64. */
export async function compileKernels() {
  const asc = await import('assemblyscript/asc');
  let binary;
  const { error, stderr } = await asc.main(
    ['kernels.ts', '--outFile', 'kernels.wasm', '--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub'],
    {
      readFile: (name) => (name === 'kernels.ts' ? readFileSync(join(room, 'kernels.as'), 'utf8') : null),
      writeFile(_, contents) {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !binary) throw new Error(`kernels.as does not compile: ${error}\n${stderr}`);
  return Buffer.from(binary).toString('base64');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await compileKernels();
  writeFileSync(
    join(room, 'kernels.ts'),
    `/** kernels.as, compiled: \`node packages/works/exact/build.mjs\` writes this file. */\nexport const KERNELS =\n  '${text}';\n`,
  );
}
