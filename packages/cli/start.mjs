// npm start: coordinator, pages, starter run, and this machine as the first volunteer.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEnd, USAGE } from './ended.mjs';
import { checkNode, ensurePackages, ensurePages, root, stop } from './prepare.mjs';

const help = `npm start [-- --dev]
Installs and builds what is missing, starts the coordinator and its pages, starts the starter run,
and lends this machine to it. Ctrl-C stops; the next start goes on where this one stopped.
Settings are environment variables: docs/OPERATING.md lists them.`;
const args = process.argv.slice(2);
if (args.includes('--help')) stop(help, 0);
const unknown = args.find((arg) => arg !== '--dev');
if (unknown) stop(`npm start does not know ${unknown}; npm start -- --help explains.`, 2);
const dev = args.includes('--dev');

checkNode();
await ensurePackages();
if (!dev) await ensurePages();

const children = new Set();
function launch(file, fileArgs, env = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, file), ...fileArgs], {
    cwd: root,
    env: { ...process.env, ...env, PATHFOLD_STOP_WITH_STDIN: '1' },
    // Its standard input ends with this process, however that ends.
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

let line = '';
const say = (text) => {
  if (process.stdout.isTTY && line) process.stdout.write('\r\x1b[K');
  console.log(text);
  if (process.stdout.isTTY && line) process.stdout.write(line);
};
const status = (text) => {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
  else if (text !== line) console.log(text);
  line = text;
};

/** This machine is the coordinator's own: nobody needs to confirm its work. */
function trustThisMachine() {
  const args = ['--import', 'tsx', join(root, 'apps/headless/main.ts'), '--id'];
  try {
    const id = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
    const others = process.env.PATHFOLD_TRUSTED_VOLUNTEERS;
    return { PATHFOLD_TRUSTED_VOLUNTEERS: others ? `${others},${id}` : id };
  } catch ({ status, stderr }) {
    if (status !== USAGE) console.error(stderr); // Usage it tells when it is to lend.
    return {};
  }
}

let stopping = false;
async function shutDown(code) {
  if (stopping) return;
  stopping = true;
  if (process.stdout.isTTY && line) process.stdout.write('\n');
  console.log('Stopping …');
  const closed = (child) => new Promise((resolve) => child.on('close', resolve));
  // Volunteers first: they hand in what they have, and the coordinator is still there to take it.
  const volunteers = [...children].filter((child) => child !== server);
  const wait = volunteers.map(closed);
  const serverGone = children.has(server) ? closed(server) : null;
  for (const child of volunteers) child.kill('SIGTERM');
  const late = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, 15_000);
  await Promise.all(wait);
  server.kill('SIGTERM');
  await serverGone;
  clearTimeout(late);
  process.exit(code);
}
process.on('SIGINT', () => shutDown(0));
process.on('SIGTERM', () => shutDown(0));
// npm may be killed without a word to what it started.
const parent = process.ppid;
if (process.env.npm_lifecycle_event === 'start') setInterval(() => process.ppid === parent || shutDown(0), 1000);

// Threads for the disk: with Node's four, contributions that wait for fsync hold up all other reading and writing.
const diskThreads = { UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16' };
const lends = process.env.PATHFOLD_NO_LOCAL_VOLUNTEER !== '1';
const server = launch('server/main.ts', dev ? ['--dev'] : [], { ...diskThreads, ...(lends && trustThisMachine()) });
server.on('close', (code) => shutDown(code ?? 1));
createInterface({ input: server.stderr }).on('line', say);
const ready = await new Promise((resolve) => {
  createInterface({ input: server.stdout }).on('line', (text) => {
    if (text.startsWith('PATHFOLD_READY ')) resolve(JSON.parse(text.slice('PATHFOLD_READY '.length)));
    else say(text);
  });
});

console.log(`
  Lend a GPU   ${ready.url}/
  Operate      ${ready.signInUrl}
               (works once, for ten minutes)
  Ask          ${ready.url}/prompt
`);

function lend() {
  const volunteer = launch('apps/headless/main.ts', ['--url', ready.localUrl, '--name', 'this machine']);
  createInterface({ input: volunteer.stderr }).on('line', say);
  let last = '';
  createInterface({ input: volunteer.stdout }).on('line', (text) => {
    last = text;
  });
  volunteer.on('close', (code) => {
    if (stopping) return;
    const { again, words } = afterEnd(code, last);
    say(words);
    if (again) setTimeout(() => stopping || lend(), 10_000);
  });
}
if (lends) lend();

const began = Date.now();
setInterval(
  async () => {
    if (stopping) return;
    const minutes = Math.floor((Date.now() - began) / 60_000);
    try {
      const { items } = await (await fetch(`${ready.localUrl}/api/v1/runs`)).json();
      const run = items.find((item) => item.state === 'training') ?? items[0];
      if (!run)
        return status(`${minutes} min · no public run: the operator page shows private ones and creates new ones`);
      const score =
        run.validBitsPerByte === null ? 'not scored yet' : `${run.validBitsPerByte.toFixed(3)} bits per byte`;
      status(
        `${minutes} min · ${run.name}: ${run.state}, round ${run.round}, ${score}, ${run.volunteerCount} volunteer${run.volunteerCount === 1 ? '' : 's'}`,
      );
    } catch {
      status(`${minutes} min · the coordinator does not answer`);
    }
  },
  process.stdout.isTTY ? 2000 : 30_000,
);
