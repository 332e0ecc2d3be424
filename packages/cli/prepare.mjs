// The needs of every command before its first step, with nothing but Node: the packages, the pages, the browser.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const lockStamp = join(root, 'node_modules', '.pathfold-lock');
const pagesStamp = join(root, 'dist', 'pages', '.stamp');

export function stop(sentence, code = 1) {
  (code === 0 ? console.log : console.error)(sentence);
  process.exit(code);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Pathfold needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

/** Runs a command; its output is shown only when it fails. */
async function quietly(label, command, args, env = {}) {
  const began = Date.now();
  const show = process.stdout.isTTY;
  const tick = setInterval(() => {
    if (show) process.stdout.write(`\r${label} … ${Math.round((Date.now() - began) / 1000)} s `);
  }, 1000);
  if (!show) console.log(`${label} …`);
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output = (output + data).slice(-20_000);
    });
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.on('close', resolve);
  });
  clearInterval(tick);
  if (show) process.stdout.write('\r');
  if (code !== 0) {
    console.error(output);
    return false;
  }
  console.log(`${label}: done in ${Math.round((Date.now() - began) / 1000)} s`);
  return true;
}

/** The packages, and the kernels that are compiled from our sources with them. */
export async function ensurePackages() {
  await installPackages();
  const { buildKernels } = await import('../tensors/executors/wasm/build.mjs');
  await buildKernels().catch((error) => stop(`The WebAssembly kernels could not be built: ${error.message}`));
}

async function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(lockStamp) && readFileSync(lockStamp, 'utf8') === lock) return;
  const done = await quietly('Installing packages', 'npm', ['ci', '--no-audit', '--no-fund', '--no-progress']);
  if (!done) stop('The packages could not be installed: npm ci failed, see above.');
  writeFileSync(lockStamp, lock);
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

export async function ensurePages() {
  const sources = Math.max(newest(join(root, 'apps')), newest(join(root, 'packages')), statSync(lockStamp).mtimeMs);
  if (existsSync(pagesStamp) && statSync(pagesStamp).mtimeMs > sources) return;
  if (!(await quietly('Building the pages', 'npm', ['run', '--silent', 'build:pages'])))
    stop('The pages could not be built: see above.');
  writeFileSync(pagesStamp, '');
}

/** Debian packages that the tests use. Installed where this is root on a machine with apt; otherwise said how. */
export async function ensureSystem(needs) {
  const missing = needs.filter(({ present }) => !present());
  if (missing.length === 0) return;
  const names = missing.flatMap(({ packages }) => packages);
  const how = `Install them first: apt-get install ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !found('apt-get')) stop(`The tests need ${names.join(', ')}. ${how}`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  await quietly('Reading the list of system packages', 'apt-get', ['update'], quiet);
  const args = ['install', '-y', '--no-install-recommends', ...names];
  if (!(await quietly(`Installing ${names.join(', ')}`, 'apt-get', args, quiet)))
    stop(`The tests need ${names.join(', ')}, which could not be installed. ${how}`);
}

export const found = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
