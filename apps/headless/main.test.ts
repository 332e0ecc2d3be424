import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScriptedCoordinator } from '@pathfold/volunteer/scripted-coordinator.fixture';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let coordinator: ScriptedCoordinator;
let dataDir: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  coordinator = await ScriptedCoordinator.start();
  dataDir = await mkdtemp(join(tmpdir(), 'pathfold-headless-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await coordinator.stop();
  await rm(dataDir, { recursive: true });
});

/** Runs the headless volunteer as people do; answers what it wrote and how it ended. */
function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    cwd: ROOT,
    env: { ...process.env, PATHFOLD_STOP_WITH_STDIN: '1', PATHFOLD_DATA_DIR: dataDir },
  });
  started.push(child);
  let written = '';
  child.stdout.on('data', (chunk) => {
    written += chunk;
  });
  child.stderr.on('data', (chunk) => {
    written += chunk;
  });
  const ended = new Promise<{ code: number | null; written: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, written })),
  );
  return { child, ended };
}

test('--id prints the id that a coordinator gives to this machine', async () => {
  const first = await run('--id', '--data', dataDir).ended;
  expect(first.code).toBe(0);
  const { x } = JSON.parse(await readFile(join(dataDir, 'identity.json'), 'utf8'));
  const key = createHash('sha256').update(Buffer.from(x, 'base64url')).digest('base64url');
  expect(first.written).toBe(`${key.slice(0, 22)}\n`);
  expect(await run('--id', '--data', dataDir).ended).toEqual(first);
});

test.runIf(process.platform !== 'win32')('the folders that it makes are its user’s alone', async () => {
  const [outer, inner] = [join(dataDir, 'data'), join(dataDir, 'data', 'volunteer')];
  expect((await run('--id', '--data', inner).ended).code).toBe(0);
  for (const folder of [outer, inner]) expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test('joins, gives a malformed lease back, stops cleanly on Ctrl-C; the next start is the same volunteer', async () => {
  const first = run('--url', coordinator.url.href, '--data', dataDir, '--name', 'box', '--compute', 'cpu');
  const ready = await coordinator.next('ready');
  expect(ready.executor.tokensPerSecond).toBeGreaterThan(0);
  const hello = coordinator.heard.find((message) => message.type === 'hello');
  expect(hello).toMatchObject({ agent: 'node', name: 'box' });
  const release = coordinator.next('release');
  // A task that does not fit its schema.
  const body = { path: '0', round: 1, steps: 5 };
  const lease = coordinator.lease(body, { kind: 'train' });
  coordinator.say(lease);
  expect(await release).toMatchObject({ lease: lease.lease, code: 'bad_message' });
  first.child.kill('SIGINT');
  const { code, written } = await first.ended;
  expect(code).toBe(0);
  expect(written).toContain('Waiting for a piece of work.');
  expect(written.trim().split('\n').at(-1)).toContain('Stopped.');

  const again = coordinator.next('hello');
  const second = run('--url', coordinator.url.href, '--data', dataDir, '--compute', 'cpu');
  expect(await again).toMatchObject({ publicKey: hello?.type === 'hello' && hello.publicKey, resume: 'r1' });
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
  expect(JSON.parse(await readFile(join(dataDir, 'identity.json'), 'utf8'))).toMatchObject({ crv: 'Ed25519' });
});

test('what is kept for one coordinator is not told to another', async () => {
  const other = await ScriptedCoordinator.start();
  const helloTo = async (one: ScriptedCoordinator) => {
    const [hello, ready] = [one.next('hello'), one.next('ready')];
    const { child, ended } = run('--url', one.url.href, '--data', dataDir, '--compute', 'cpu');
    await ready;
    child.kill('SIGTERM');
    await ended;
    return hello;
  };
  const { publicKey } = await helloTo(coordinator);
  expect(await helloTo(other)).toMatchObject({ publicKey, resume: null });
  expect(await helloTo(coordinator)).toMatchObject({ publicKey, resume: 'r1' });
  await other.stop();
});

test('stops by itself when the process that started it is gone, also when nobody reads what it says', async () => {
  const { child, ended } = run('--url', coordinator.url.href, '--data', dataDir, '--compute', 'cpu');
  await coordinator.next('ready');
  child.stdout.destroy();
  child.stdin.end();
  expect((await ended).code).toBe(0);
});

test('misuse ends with 2 and one sentence', async () => {
  expect(await run('--throttle', '0.5').ended).toEqual({
    code: 2,
    written: 'Say which coordinator to join: --url URL.\n',
  });
});

test.runIf(process.platform === 'linux')('two volunteers do not share a folder', async () => {
  run('--url', coordinator.url.href, '--data', dataDir);
  await coordinator.next('hello');
  const { code, written } = await run('--url', coordinator.url.href, '--data', dataDir).ended;
  expect(code).toBe(2);
  expect(written).toContain('choose another folder with --data DIR');
});

test.runIf(process.platform === 'linux')('volunteers that name no folder find one of their own each', async () => {
  const helloOf = async () => {
    const hello = coordinator.next('hello');
    run('--url', coordinator.url.href, '--compute', 'cpu');
    return (await hello).publicKey;
  };
  expect(await helloOf()).not.toBe(await helloOf());
  expect((await readdir(dataDir)).sort()).toEqual(['volunteer', 'volunteer-2']);
});

test('a volunteer that may not take part says why and ends with a code of its own, so that nobody starts it again', async () => {
  const { ended } = run('--url', coordinator.url.href, '--data', dataDir, '--compute', 'cpu');
  await coordinator.next('ready');
  coordinator.say({ type: 'error', code: 'banned', detail: '', fatal: true });
  const { code, written } = await ended;
  expect(code).toBe(3);
  expect(written.trim().split('\n').at(-1)).toContain('This volunteer was banned by the operator.');
});
