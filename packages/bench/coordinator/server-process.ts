import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const OPERATOR_TOKEN = 'operator-of-the-benchmark';

/** A coordinator in a process of its own, with an empty data folder. */
export interface ServerProcess {
  readonly url: string;
  readonly token: string;
  /** A folder on the disk that the coordinator writes to. */
  readonly folder: string;
  /** The value of a metric, summed over its labels. */
  metrics(): Promise<(name: string, labels?: string) => number>;
  stop(): Promise<void>;
}

export const startServer = async (maxSockets: number): Promise<ServerProcess> => {
  const folder = await mkdtemp(join(tmpdir(), 'pathfold-bench-'));
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'server', 'main.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      // As `npm start` has it.
      UV_THREADPOOL_SIZE: '16',
      PORT: '0',
      PATHFOLD_DATA_DIR: folder,
      PATHFOLD_OPERATOR_TOKEN: OPERATOR_TOKEN,
      PATHFOLD_NO_STARTER: '1',
      PATHFOLD_NO_LOCAL_VOLUNTEER: '1',
      PATHFOLD_SOCKETS_PER_ADDRESS: String(maxSockets),
      LOG_LEVEL: 'error',
    },
  });
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const ready = /^PATHFOLD_READY (.*)$/.exec(line)?.[1];
      if (ready) resolve((JSON.parse(ready) as { url: string }).url.replace('localhost', '127.0.0.1'));
    });
    void over.then(() => reject(new Error('the coordinator ended before it was ready')));
  });
  return {
    url,
    token: OPERATOR_TOKEN,
    folder,
    async metrics() {
      const text = await (await fetch(new URL('/metrics', url))).text();
      return (name, labels = '') =>
        text.split('\n').reduce((sum, line) => {
          const [series = '', value] = line.split(' ');
          const [base = '', has = ''] = series.split('{');
          return base === name && has.includes(labels) ? sum + Number(value) : sum;
        }, 0);
    },
    async stop() {
      child.kill('SIGTERM');
      await over;
      await rm(folder, { recursive: true, force: true });
    },
  };
};
