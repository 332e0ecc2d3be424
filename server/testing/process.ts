import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OPERATOR_TOKEN } from './coordinator.ts';
import { newDataFolder } from './folder.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

/** A coordinator in a process of its own, that can be killed and started again on the same folder and port. */
export class CoordinatorProcess {
  private child: ChildProcess | null = null;
  private constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  static async create(folder?: string, port?: number): Promise<CoordinatorProcess> {
    return new CoordinatorProcess(folder ?? (await newDataFolder()), port ?? (await freePort()));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Answers the sign-in link; throws what it said when it ends instead. */
  start(): Promise<string> {
    const env = {
      ...process.env,
      PORT: `${this.port}`,
      PATHFOLD_DATA_DIR: this.folder,
      PATHFOLD_OPERATOR_TOKEN: OPERATOR_TOKEN,
      PATHFOLD_NO_STARTER: '1',
      PATHFOLD_STOP_WITH_STDIN: '1',
    };
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    return new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('PATHFOLD_READY ')) resolve(JSON.parse(line.slice(15)).signInUrl);
      });
      child.on('close', (code) => reject(new Error(`${code}: ${said}`)));
    });
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    child.kill(signal);
    return ended;
  }

  /** Kills the process that started it; answers the exit code. */
  async abandon(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child!.on('close', resolve));
    this.child!.stdin!.end();
    return ended;
  }

  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Calls the API as the operator. */
  async api<T>(path: string, init: { method?: string; body?: unknown; type?: string } = {}): Promise<T> {
    const { method = 'GET', body, type = 'application/json' } = init;
    const answer = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, ...(body === undefined ? {} : { 'content-type': type }) },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as T;
  }
}
