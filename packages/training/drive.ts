import type { PathShape } from '@pathfold/checkpoint/path';
import { type Data, DeviceError, type Executor, onGpu, type Program } from '@pathfold/tensors/executors/executor';
import type { Plan } from '@pathfold/tensors/plan/types';
import { type Batch, checkTokens } from './batch.ts';
import { type Clock, systemClock } from './clock.ts';

/** The inputs of any work in steps on a volunteer's device. */
export interface DriveOptions {
  readonly executor: Executor;
  readonly path: PathShape;
  readonly steps: number;
  /** The windows of step h (0 to `steps` - 1). */
  batches(step: number): Batch;
  /** Share of the time to compute in, over 0 up to 1; asked whenever the device is waited for. */
  throttle?(): number;
  /** Another device after one was lost; the work goes on there. */
  reopen?(): Promise<Executor>;
  readonly clock?: Clock;
  /** Ends the work between two steps, with what it has. */
  readonly signal?: AbortSignal;
  /** The work ends by itself, with what it has, when the next step would not end within this time. */
  readonly deadlineMs?: number;
  onProgress?(progress: Progress): void;
}

export interface Progress {
  /** Steps done. */
  readonly steps: number;
  /** Loss of the steps since the last progress, nats a token. */
  readonly loss: number;
  readonly tokensPerSecond: number;
}

/** A plan whose steps add their losses to its state `lossSum` [], and what it is run with. */
export interface Loop<State extends string> {
  readonly plan: Plan;
  /** Sequences a step. */
  readonly batch: number;
  /** The states that the steps change, as they begin, flat. The first must stay finite. */
  readonly states: Readonly<Record<State, Float32Array>>;
  /** The others. */
  readonly constants?: Readonly<Record<string, Float32Array>>;
  /** The inputs of a step beside its tokens and targets. */
  inputs(step: number): Readonly<Record<string, Data>>;
  /** Losses added up since `before`, which was their sum when it was asked last. */
  lossSince(program: Program, before: number): Promise<number>;
  /** Steps that a lost device may cost at most: as often the states are copied to the host. */
  readonly copyEvery: number;
  /** A GPU is given steps for this long, then it is waited for: a pause or an end takes effect no later. */
  readonly aheadMs: number;
  /** The number of step 0 in messages. */
  readonly firstStep: number;
}

/** Where a loop stands, as the host knows it. */
export interface Driven<State extends string> {
  readonly states: Readonly<Record<State, Float32Array>>;
  /** Steps done; fewer than asked for where it was cut short. */
  readonly steps: number;
  readonly tokens: number;
  /** Loss of all steps, nats a token. */
  readonly lossSum: number;
  readonly computeMs: number;
}

/** Lost devices that one loop outlives. */
const MOST_LOSSES = 3;

/**
 * Runs a loop on a device at a volunteer's pace, and on the next device where one is lost. The loss is read only when the
 * device is waited for. Throws `LossNotFinite`, `DeviceError` and `TokenOutside`.
 */
export async function drive<State extends string>(options: DriveOptions, loop: Loop<State>): Promise<Driven<State>> {
  const { path, steps, signal, clock = systemClock, deadlineMs = Number.POSITIVE_INFINITY } = options;
  const { firstStep, copyEvery, aheadMs } = loop;
  const names = Object.keys(loop.states) as State[];
  const tokensAStep = loop.batch * path.model.context;
  const began = clock.now();
  let computeMs = 0;
  let copied = { states: loop.states, lossSum: 0, done: 0 };

  /** Steps on from the last copy, which it brings up to date. */
  async function computeOn(executor: Executor): Promise<void> {
    const program = executor.compile(loop.plan);
    let { done, lossSum } = copied;
    let [stepMs, waited, since] = [done > 0 ? computeMs / done : 0, done, clock.now()];

    /** Until all steps are done; then it says how it goes, and pauses. */
    async function wait(): Promise<void> {
      const sum = await loop.lossSince(program, lossSum);
      if (!Number.isFinite(sum)) throw new LossNotFinite(firstStep + waited, firstStep + done);
      const busyMs = clock.now() - since;
      const loss = sum / (done - waited);
      computeMs += busyMs;
      stepMs = busyMs / (done - waited);
      lossSum += sum;
      waited = done;
      options.onProgress?.({ steps: done, loss, tokensPerSecond: (1000 * done * tokensAStep) / computeMs });
      await clock.sleep(busyMs * (1 / (options.throttle?.() ?? 1) - 1), signal);
      since = clock.now();
    }

    async function copy(): Promise<void> {
      const states: Record<State, Float32Array> = { ...copied.states };
      for (const name of names) states[name] = await program.read(name);
      if (!states[names[0]!].every(Number.isFinite)) throw new LossNotFinite(firstStep + copied.done, firstStep + done);
      copied = { states, lossSum, done };
    }

    try {
      for (const [name, values] of Object.entries<Float32Array>({ ...loop.constants, ...copied.states }))
        program.write(name, values);
      program.write('lossSum', Float32Array.of(0));
      while (done < steps && !signal?.aborted && deadlineMs - (clock.now() - began) >= stepMs) {
        const { tokens, targets } = options.batches(done);
        checkTokens({ tokens, targets }, path.model.vocabulary);
        await program.run({ tokens, targets, ...loop.inputs(done) }, []);
        done++;
        const ahead = onGpu(executor.name) && stepMs > 0 ? aheadMs / stepMs : 1;
        if (done - waited + 1 > ahead || done % copyEvery === 0) await wait();
        else await clock.sleep(0);
        if (done % copyEvery === 0) await copy();
      }
      if (done > waited) await wait();
      if (done > copied.done) await copy();
    } finally {
      program.dispose();
    }
  }

  let { executor } = options;
  for (let losses = 0; ; losses++)
    try {
      await computeOn(executor);
      break;
    } catch (error) {
      const lost = error instanceof DeviceError && error.code === 'device_lost';
      if (!lost || !options.reopen || losses >= MOST_LOSSES) throw error;
      executor = await options.reopen();
    }
  const { states, done, lossSum } = copied;
  return { states, steps: done, tokens: done * tokensAStep, lossSum, computeMs };
}

/** The loss or the parameters are no numbers any more: the learning rate may be too high. */
export class LossNotFinite extends Error {
  /** In one of the inner steps from `first` up to, not including, `end`. */
  constructor(first: number, end: number) {
    super(`the loss of inner step ${end - first === 1 ? first : `${first} to ${end - 1}`} is not finite`);
  }
}
