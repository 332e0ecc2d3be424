import { EXECUTOR_NAMES, type Executor, type ExecutorName, openExecutor } from '@pathfold/tensors/executors/executor';
import { type SelfTestResult, selfTest } from './self-test.ts';
import { measureSpeed } from './speed.ts';

/** What the person asked for. */
export type Wanted = 'automatic' | 'gpu' | 'cpu';

/** What became of one device. */
export interface Tried {
  readonly name: ExecutorName;
  readonly adapter: string;
  readonly passed: boolean;
  readonly reason: string;
  readonly tokensPerSecond: number | null;
}

export interface Choice {
  readonly executor: Executor;
  readonly tokensPerSecond: number;
  readonly tried: readonly Tried[];
}

export interface ChooseOptions {
  readonly wanted: Wanted;
  readonly wasmBaseUrl?: string;
  readonly open?: (name: ExecutorName) => Promise<Executor>;
  readonly test?: (executor: Executor) => Promise<SelfTestResult>;
  readonly measure?: (executor: Executor) => Promise<number>;
}

/** No device may train. `tried` says why of each. */
export class NoDevicePasses extends Error {
  constructor(readonly tried: readonly Tried[]) {
    super(`no device may train: ${tried.map(({ name, reason }) => `${name} ${reason}`).join('; ')}`);
  }
}

const onGpu = (name: ExecutorName): boolean => name === 'tfjs-webgpu';
const LAST_RESORT: ExecutorName = 'tfjs-cpu';

/**
 * The fastest device that passes the self-test. Emulated GPUs, which always lose, are looked at only when asked for or
 * when nothing else passes, and so is plain JavaScript. Throws `NoDevicePasses`.
 */
export const chooseExecutor = async (options: ChooseOptions): Promise<Choice> => {
  const { wanted, wasmBaseUrl, test = selfTest, measure = measureSpeed } = options;
  const open = options.open ?? ((name) => openExecutor(name, wasmBaseUrl === undefined ? {} : { wasmBaseUrl }));
  const tried: Tried[] = [];

  const opened = async (names: readonly ExecutorName[]): Promise<Executor[]> => {
    const executors: Executor[] = [];
    for (const name of names)
      try {
        executors.push(await open(name));
      } catch (error) {
        tried.push({ name, adapter: '', passed: false, reason: words(error), tokensPerSecond: null });
      }
    return executors;
  };

  /** The fastest of those that pass; the others are disposed. */
  const fastest = async (executors: readonly Executor[]): Promise<Omit<Choice, 'tried'> | null> => {
    let best: Omit<Choice, 'tried'> | null = null;
    for (const executor of executors) {
      const { name, adapter } = executor;
      const { passed, reason } = await test(executor).catch((error) => ({ passed: false, reason: words(error) }));
      const tokensPerSecond = passed ? await measure(executor).catch(() => 0) : null;
      tried.push({ name, adapter, passed, reason, tokensPerSecond });
      if (!tokensPerSecond || tokensPerSecond < (best?.tokensPerSecond ?? 0)) executor.dispose();
      else {
        best?.executor.dispose();
        best = { executor, tokensPerSecond };
      }
    }
    return best;
  };

  const wantedHere = (name: ExecutorName) => wanted === 'automatic' || onGpu(name) === (wanted === 'gpu');
  const first = await opened(EXECUTOR_NAMES.filter((name) => name !== LAST_RESORT && wantedHere(name)));
  const emulated = first.filter(({ software }) => software && wanted === 'automatic');
  const best =
    (await fastest(first.filter((executor) => !emulated.includes(executor)))) ??
    (await fastest(emulated)) ??
    (await fastest(wanted === 'gpu' ? [] : await opened([LAST_RESORT])));
  if (!best) throw new NoDevicePasses(tried);
  for (const executor of emulated) if (executor !== best.executor) executor.dispose();
  return { ...best, tried };
};

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
