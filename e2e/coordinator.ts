import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@pathfold/client/client';

const root = fileURLToPath(new URL('..', import.meta.url));
export const OPERATOR_TOKEN = 'e2e-operator-token-0123456789abcdef';

const launched = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of launched) child.kill('SIGKILL');
});

/** `within`: a command that runs the one that follows it. */
function launch(file: string, args: string[], env: Record<string, string>, within: string[] = []): ChildProcess {
  const [command, ...all] = [...within, process.execPath, '--import', 'tsx', join(root, file), ...args];
  const child = spawn(command!, all, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  launched.add(child);
  child.on('close', () => launched.delete(child));
  return child;
}

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.on('close', () => resolve()));

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** A coordinator in its own process and folder. It can be killed and started again on the same folder. */
export class Coordinator {
  readonly folder = mkdtempSync(join(tmpdir(), 'pathfold-e2e-'));
  private child: ChildProcess | null = null;
  private log = '';

  private constructor(
    readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<Coordinator> {
    const coordinator = new Coordinator(await freePort(), env);
    await coordinator.boot();
    return coordinator;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** As an operator. */
  get client(): Client {
    return createClient({ baseUrl: this.url, token: OPERATOR_TOKEN });
  }

  /** Resolves when the coordinator answers; answers the one-time sign-in link. */
  async boot(): Promise<string> {
    const child = launch('server/main.ts', [], {
      PORT: String(this.port),
      PATHFOLD_DATA_DIR: join(this.folder, 'data'),
      PATHFOLD_OPERATOR_TOKEN: OPERATOR_TOKEN,
      PATHFOLD_NO_STARTER: '1',
      LOG_LEVEL: 'warn',
      ...this.env,
    });
    this.child = child;
    child.stderr?.on('data', (data) => {
      this.log = (this.log + data).slice(-8000);
    });
    return new Promise((resolve, reject) => {
      const lines = createInterface({ input: child.stdout! });
      lines.on('line', (line) => {
        if (line.startsWith('PATHFOLD_READY ')) resolve(JSON.parse(line.slice('PATHFOLD_READY '.length)).signInUrl);
        else this.log = `${this.log}${line}\n`.slice(-8000);
      });
      child.on('close', (code) => reject(new Error(`the coordinator ended with ${code}:\n${this.log}`)));
    });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.child) return;
    this.child.kill(signal);
    await ended(this.child);
    this.child = null;
  }

  async dispose(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A headless volunteer in its own process. */
export class Headless {
  readonly output: string[] = [];
  private readonly child: ChildProcess;

  /** `from.netns`: the network namespace that it lives in. */
  constructor(from: string | { readonly url: string; readonly netns: string }, folder: string, ...args: string[]) {
    const { url, within } =
      typeof from === 'string'
        ? { url: from, within: [] }
        : { url: from.url, within: ['ip', 'netns', 'exec', from.netns] };
    this.child = launch('apps/headless/main.ts', ['--url', url, '--data', folder, ...args], {}, within);
    for (const stream of [this.child.stdout!, this.child.stderr!])
      createInterface({ input: stream }).on('line', (line) => this.output.push(line));
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.child.kill(signal);
    await ended(this.child);
  }
}

/** Longer than anything takes that comes at all, on a machine with other work: only what never comes ends it. */
const NEVER_MS = 300_000;

/** Waits until `probe` answers something, asking every half second. `what` names it when it never does. */
export async function until<T>(what: string, probe: () => Promise<T | false | null | undefined>, timeoutMs = NEVER_MS) {
  const deadline = Date.now() + timeoutMs;
  let trouble: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await probe();
      if (answer) return answer;
    } catch (error) {
      trouble = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}${trouble ? ` (last: ${trouble})` : ''}`);
}
