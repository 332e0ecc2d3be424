import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const room = join(here, '..', '..');
const target = join(room, 'dist', 'native');

/**
 * No fused multiply-add and no -ffast-math: the bits must be those of the WebAssembly kernels. Without errno and traps,
 * which change no value, more loops are vectorized.
 */
const OPTIONS = [
  ...['-std=gnu11', '-O3', '-march=native', '-mprefer-vector-width=512'],
  ...['-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-fno-strict-aliasing'],
  ...['-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Werror'],
];

/** Every primitive's C files, headers included. */
const sources = (): string[] =>
  (readdirSync(join(room, 'primitives'), { recursive: true }) as string[])
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => join(room, 'primitives', name));

/** A C file with the table of all kernels, each behind the one signature that addon.c calls. */
const tableOf = (texts: readonly string[]): string => {
  const kernels = texts
    .flatMap((text) => [...text.matchAll(/^KERNEL (\w+)\(([^)]*)\) \{/gm)])
    .map(([, name, list]) => ({
      name,
      types: list!.split(',').map((parameter) => parameter.trim().replace(/ ?\w+$/, '')),
    }));
  const argument = (type: string, i: number): string => (type.endsWith('*') ? `place(memory, x[${i}])` : `x[${i}]`);
  const calls = kernels.map(
    ({ name, types }) => `void ${name}(${types});
static void call_${name}(char *memory, const double *x) { ${name}(${types.map(argument)}); }
`,
  );
  const rows = kernels.map(({ name, types }) => `  {"${name}", ${types.length}, call_${name}},\n`);
  return `#include "${join(here, 'addon.h')}"
${calls.join('')}const Kernel KERNELS[] = {\n${rows.join('')}};\nconst int KERNEL_COUNT = ${rows.length};\n`;
};

/**
 * Compiles every primitive's kernels.c for this machine's processor into dist/native, once for the same sources; answers
 * the path of the module. Throws, with one sentence, where there is no compiler.
 */
export const buildNative = async (): Promise<string> => {
  const machine = spawnSync('gcc', ['-march=native', '-Q', '--help=target']);
  if (machine.status !== 0)
    throw new Error('the native executor is compiled with gcc, which is not here: apt-get install gcc libc6-dev');
  const own = ['build.ts', 'addon.c', 'addon.h', 'math.h'].map((name) => join(here, name));
  const hash = createHash('sha256').update(machine.stdout);
  for (const path of [...own, ...sources()]) hash.update(readFileSync(path));
  const path = join(target, `${hash.digest('hex').slice(0, 16)}.node`);
  if (existsSync(path)) return path;
  mkdirSync(target, { recursive: true });
  const files = sources().filter((source) => source.endsWith('.c'));
  const part = `${path}.${process.pid}`;
  const table = `${part}.c`;
  writeFileSync(table, tableOf(files.map((file) => readFileSync(file, 'utf8'))));
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');
  await compile([...OPTIONS, `-I${headers}`, join(here, 'addon.c'), table, ...files, '-o', part]);
  rmSync(table);
  renameSync(part, path);
  return path;
};

const compile = (args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('gcc', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`the kernels do not compile (apt-get install gcc libc6-dev):\n${said}`)),
    );
  });
