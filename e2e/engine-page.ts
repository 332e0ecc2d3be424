import type { EngineTask } from './engine-worker.ts';

export interface EngineAnswer {
  readonly hash: string;
  readonly losses: number[];
  readonly adapter: string;
  readonly isolated: boolean;
}

/** The half of `engine.spec.ts` in a page: training in a worker, as a volunteer's page does. */
const train = (task: EngineTask): Promise<EngineAnswer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<EngineAnswer | { error: string }>) => {
      worker.terminate();
      if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    };
    worker.postMessage(task);
  });

Object.assign(window, { train });
