// Compiles kernels.as (AssemblyScript) into kernels.ts, which holds the module as text: `npx tsx packages/works/exact/build.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = dirname(fileURLToPath(import.meta.url));

/** The compiled module in base64. */
export async function compileKernels(): Promise<string> {
  const asc = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['kernels.ts', '--outFile', 'kernels.wasm', '--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub'],
    {
      readFile: (name) => (name === 'kernels.ts' ? readFileSync(join(room, 'kernels.as'), 'utf8') : null),
      writeFile(_, contents) {
        if (typeof contents !== 'string') binary = contents;
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
    `/** kernels.as, compiled: \`npx tsx packages/works/exact/build.ts\` writes this file. */\nexport const KERNELS =\n  '${text}';\n`,
  );
}
