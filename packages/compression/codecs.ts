import type { Codec } from './codec.ts';
import { f32 } from './f32.ts';

const CODECS = { f32 } as const satisfies Record<string, Codec>;

export type CodecName = keyof typeof CODECS;

/** The codec of a task (`codec` in works/train/task.ts). */
export const codecOf = (name: CodecName): Codec => CODECS[name];
