import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/headless/main.ts', import.meta.url));
const NODE = ['--import', 'tsx', MAIN];

/** A real volunteer in a process of its own, on its CPU. It ends with this process at the latest. */
export class Headless {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pathfold-headless-'));
  /** How a coordinator calls it. */
  readonly id = execFileSync(process.execPath, [...NODE, '--id', '--data', this.#folder], { encoding: 'utf8' }).trim();
  #end: () => Promise<void> = async () => {};

  start(url: string, name: string, prefer: string | null = null): void {
    const options = ['--url', url, '--data', this.#folder, '--compute', 'cpu', '--name', name];
    const child = spawn(process.execPath, [...NODE, ...options, ...(prefer === null ? [] : ['--prefer', prefer])], {
      env: { ...process.env, PATHFOLD_STOP_WITH_STDIN: '1' },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    this.#end = async () => {
      child.kill('SIGKILL');
      await closed;
    };
  }

  kill(): Promise<void> {
    return this.#end();
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
