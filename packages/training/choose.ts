import { DeviceError, type Executor, type ExecutorName, onGpu } from '@pathfold/tensors/executors/executor';
import { type OpenOptions, openExecutor } from '@pathfold/tensors/executors/open';
import { type SelfTestResult, selfTest } from './self-test.ts';
import { measureSpeed } from './speed.ts';

/** The person's choice. */
export type Wanted = 'automatic' | 'gpu' | 'cpu';

/** The outcome for one device. */
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

type Best = Omit<Choice, 'tried'>;

export interface ChooseOptions {
  readonly wanted: Wanted;
  readonly device?: OpenOptions;
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

/** Executors that are tried together. A later tier always loses, so it is tried only when no earlier one passes. */
const TIERS: readonly (readonly ExecutorName[])[] = [['webgpu', 'wasm'], ['tfjs-wasm'], ['tfjs-cpu']];

/** Executors to try in place of one that opened and does not pass. */
const INSTEAD: Partial<Record<ExecutorName, ExecutorName>> = { webgpu: 'tfjs-webgpu' };

/**
 * A device that takes longer to open, to pass its self-test or to be measured is taken for one that never answers. A
 * GPU that the CPU imitates takes half of it on a machine whose cores are busy.
 */
const PATIENCE_MS = 60_000;
export const NO_ANSWER = 'did not answer';

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(NO_ANSWER)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/**
 * The fastest device that passes the self-test. An emulated GPU is taken only when a GPU was asked for, or when nothing
 * else passes. Throws `NoDevicePasses`.
 */
export const chooseExecutor = async (options: ChooseOptions): Promise<Choice> => {
  const { wanted, device = {}, test = selfTest, measure = measureSpeed } = options;
  const open = options.open ?? ((name) => openExecutor(name, device));
  const tried: Tried[] = [];

  const opened = async (names: readonly ExecutorName[]): Promise<Executor[]> => {
    const executors: Executor[] = [];
    for (const name of names) {
      const opening = open(name);
      try {
        executors.push(await inTime(opening));
      } catch (error) {
        void opening.then((executor) => executor.dispose()).catch(() => {});
        tried.push({ name, adapter: '', passed: false, reason: words(error), tokensPerSecond: null });
      }
    }
    return executors;
  };

  const judged = async (executor: Executor): Promise<Pick<Tried, 'passed' | 'reason' | 'tokensPerSecond'>> => {
    try {
      const { passed, reason } = await inTime(test(executor));
      return { passed, reason, tokensPerSecond: passed ? await inTime(measure(executor)) : null };
    } catch (error) {
      return { passed: false, reason: words(error), tokensPerSecond: null };
    }
  };

  /** The fastest of those that pass; the others are disposed. */
  const fastest = async (executors: readonly Executor[]): Promise<Best | null> => {
    let best: Best | null = null;
    const waiting = [...executors];
    for (let executor = waiting.shift(); executor; executor = waiting.shift()) {
      const { name, adapter } = executor;
      const { passed, reason, tokensPerSecond } = await judged(executor);
      tried.push({ name, adapter, passed, reason, tokensPerSecond });
      const instead = INSTEAD[name];
      if (!passed && instead) waiting.push(...(await opened([instead])));
      if (!tokensPerSecond || tokensPerSecond < (best?.tokensPerSecond ?? 0)) executor.dispose();
      else {
        best?.executor.dispose();
        best = { executor, tokensPerSecond };
      }
    }
    return best;
  };

  const wantedHere = (name: ExecutorName) => wanted === 'automatic' || onGpu(name) === (wanted === 'gpu');
  const emulated: Executor[] = [];
  let best: Best | null = null;
  for (const tier of TIERS) {
    const executors = await opened(tier.filter(wantedHere));
    const putOff = executors.filter(({ software }) => software && wanted === 'automatic');
    emulated.push(...putOff);
    best = await fastest(executors.filter((executor) => !putOff.includes(executor)));
    if (best) break;
  }
  if (best)
    for (const { name, adapter, dispose } of emulated) {
      tried.push({ name, adapter, passed: false, reason: 'is emulated on the CPU', tokensPerSecond: null });
      dispose();
    }
  else best = await fastest(emulated);
  if (!best) throw new NoDevicePasses(tried);
  return { ...best, tried };
};

/** Why this device computes and no other. */
export const reasonOf = (chosen: ExecutorName, tried: readonly Tried[]): string => {
  const others = tried.filter(({ name }) => name !== chosen);
  if (others.length === 0) return 'no other was looked at';
  const became = others.map(({ name, tokensPerSecond, reason }) =>
    tokensPerSecond === null
      ? `not ${name}: ${reason}`
      : `${name} is slower: ${Math.round(tokensPerSecond)} tokens a second`,
  );
  return ['the fastest that computes rightly', ...became].join('; ');
};

const words = (error: unknown): string =>
  error instanceof DeviceError ? error.detail : error instanceof Error ? error.message : String(error);
