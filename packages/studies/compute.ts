import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bits, sourcesOf } from './arithmetic.ts';
import { openStudyExecutor, type StudyExecutor } from './executor.ts';
import { canonical, keyOf, ResultFiles } from './result-files.ts';
import type { RunPorts } from './run-ports.ts';
import type { Study } from './study.ts';

export interface ComputeOptions {
  readonly study: Study;
  readonly quick: boolean;
  readonly arm: string;
  readonly seed: number;
  /** The arithmetic of the arm, found out before: its probes take seconds. */
  readonly bits: Bits;
  /** `sourcesOf` the study as they were then. */
  readonly sources: string;
  readonly executor: StudyExecutor;
  /** The study's. */
  readonly folder: string;
  /** Where arms find what they share. */
  readonly cacheFolder: string;
  say(text: string): void;
}

/** In place of an executor's name: what kinds of work compute that open none (decision 0012). */
const OWN_ARITHMETIC = 'exact';

/** Computes one arm with one seed, and writes its result. Throws if the study's code is not what it began with. */
export async function compute(options: ComputeOptions): Promise<void> {
  const { study, quick, seed, bits, folder, cacheFolder, say } = options;
  if (sourcesOf(study) !== options.sources)
    throw new Error('the code of the study changed while it ran; what was computed before stays: begin again');
  const arm = study.design(quick).arms[options.arm]!;
  const cached: RunPorts['cached'] = async (name, of, make) => {
    const key = createHash('sha256')
      .update(canonical({ name, of, bits: bits.shared }))
      .digest('hex');
    const path = join(cacheFolder, key);
    if (existsSync(path)) return new Uint8Array(readFileSync(path));
    const bytes = await make();
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, bytes);
    renameSync(`${path}.${process.pid}`, path);
    return bytes;
  };
  let executor = OWN_ARITHMETIC;
  const openExecutor: RunPorts['openExecutor'] = async () => {
    const opened = await openStudyExecutor(options.executor);
    executor = opened.name;
    return opened;
  };
  const result = await study.run(arm, seed, { openExecutor, cached, say });
  const key = keyOf(arm.config, seed, bits.arithmetic);
  new ResultFiles(folder).write(options.arm, seed, { key, executor, config: arm.config }, result);
}
