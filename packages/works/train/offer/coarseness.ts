import type { Codec } from '@pathfold/compression/codec';
import { codecsOf } from '@pathfold/compression/codecs';
import type { Line, RunFacts } from '@pathfold/coordination/work-plan';
import type { WireReason } from '../task.ts';

/** Travel may take so much of the time that a lease computes. */
const MOST_TRAVEL = 0.05;
/** Bytes a parameter that come down where a codec has a choice: a patch of each module. */
const PATCH_BYTES = 0.2;

/** How the gradients of a lease travel, the time that takes, and why so; the reason only where the codec has a choice. */
export interface Wiring {
  readonly codec: Codec;
  /** 0 where nobody knows. */
  readonly travelMs: number;
  readonly reason: WireReason | null;
}

/**
 * The finest coarseness within the run's bound with which travel stays under 5 % of the time that computing takes; the
 * bound itself where none does, or nobody knows the line.
 */
export function wiringOf(run: RunFacts, path: string, expectedMs: number, line: Line | undefined): Wiring {
  const modules = run.paths[path]!.modules.map((name) => ({ name, ...run.modules[name]! }));
  const parameters = modules.reduce((sum, { parameterCount }) => sum + parameterCount, 0);
  const codecs = codecsOf(run.spec.wire);
  const isChoice = codecs.length > 1 || codecs[0]!.coarseness !== undefined;
  const travels = codecs.map((codec) => {
    if (!line) return 0;
    const down = (isChoice ? PATCH_BYTES : 4) * parameters;
    return 1000 * (codec.typicalBytes(modules) / line.upBytesPerSecond + down / line.downBytesPerSecond);
  });
  const fits = line ? travels.findIndex((travelMs) => travelMs <= MOST_TRAVEL * expectedMs) : -1;
  const at = fits < 0 ? codecs.length - 1 : fits;
  const because = !line ? 'untold' : fits < 0 ? 'bound' : fits === 0 ? 'finest' : 'line';
  const part = line ? Math.round((1000 * travels[at]!) / Math.max(1, expectedMs)) / 1000 : null;
  return { codec: codecs[at]!, travelMs: travels[at]!, reason: isChoice ? { because, part } : null };
}
