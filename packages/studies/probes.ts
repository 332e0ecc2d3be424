import { createHash } from 'node:crypto';
import type { Json } from '@pathfold/coordination/work-plan';
import type { Split } from '@pathfold/protocol/resources';
import { type ByteDocument, byteCorpus } from './byte-corpus.ts';
import { canonical } from './result-files.ts';
import type { RunPorts } from './run-ports.ts';

/**
 * A short run through a part of what an arm computes with: its bits stand for the engine, the minds, the kinds of work and
 * their folds, which may change as long as the same bits come out.
 */
export interface Probe {
  /** All that decides it: probes with the same are one. */
  readonly of: Json;
  run(ports: RunPorts): Promise<unknown>;
}

export interface Probes {
  /** Results that arms share (`RunPorts.cached`) pass through these. */
  readonly shared: readonly Probe[];
  /** The rest of what an arm passes through. */
  readonly own: readonly Probe[];
}

/** Runs probes, each once however many arms have it. */
export class ProbeBits {
  readonly #ports: RunPorts;
  readonly #bits = new Map<string, Promise<string>>();

  constructor(openExecutor: RunPorts['openExecutor']) {
    const made = new Map<string, Promise<Uint8Array>>();
    const cached: RunPorts['cached'] = (name, of, make) => {
      const key = canonical({ name, of });
      const bytes = made.get(key) ?? make();
      made.set(key, bytes);
      return bytes;
    };
    this.#ports = { openExecutor, cached, say() {} };
  }

  /** A hash that changes with any bit of what these probes answer. */
  async of(probes: readonly Probe[]): Promise<string> {
    const hash = createHash('sha256');
    for (const probe of probes) hash.update(await this.#bitsOf(probe));
    return hash.digest('hex');
  }

  #bitsOf(probe: Probe): Promise<string> {
    const key = canonical(probe.of);
    const bits = this.#bits.get(key) ?? probe.run(this.#ports).then((result) => `${key} ${JSON.stringify(result)}\n`);
    this.#bits.set(key, bits);
    return bits;
  }
}

/** The packaged corpus, whole. */
export const corpusProbe: Probe = {
  of: 'corpus',
  async run() {
    const hash = createHash('sha256');
    for (const [split, documents] of Object.entries(byteCorpus()))
      for (const { domain, ids } of documents) hash.update(`${split} ${domain} ${ids.length} `).update(ids);
    return hash.digest('hex');
  },
};

const DOCUMENTS: Readonly<Record<Split, number>> = { train: 48, router: 48, test: 4 };
/** The shortest that DiPaCo's study cuts no further, and a little more. */
const BYTES = 656;

/** The beginnings of some documents of each split. */
export function probeCorpus(): Readonly<Record<Split, readonly ByteDocument[]>> {
  const corpus = byteCorpus();
  const some = (split: Split) => {
    const documents = corpus[split].filter(({ ids }) => ids.length >= BYTES);
    const every = Math.floor(documents.length / DOCUMENTS[split]);
    return documents
      .filter((_, index) => index % every === 0)
      .slice(0, DOCUMENTS[split])
      .map(({ domain, ids }) => ({ domain, ids: ids.subarray(0, BYTES) }));
  };
  return { train: some('train'), router: some('router'), test: some('test') };
}
