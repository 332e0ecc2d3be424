import { only, Table } from '@pathfold/coordination/coordinator/table.fixture';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { FoldBlobs, RunFacts } from '@pathfold/coordination/work-plan';
import type { Mode, RunSpec } from '@pathfold/protocol/run-spec';
import fc from 'fast-check';
import { trainFold } from './fold.ts';
import { trainPlan } from './plan.ts';
import type { TrainTask } from './task.ts';

/** Parameters of each module. */
export const SIZE = 3;
export const SPEED = 256;

const bytesOf = (values: readonly number[]) => new Uint8Array(new Float32Array(values).buffer);

/** The real plan and the real fold, with made-up outer gradients: the coordinator's half of training. */
export class Server {
  readonly table = new Table([trainPlan]);
  readonly #blobs = new Map<string, Uint8Array>();
  #stored = 0;
  readonly #store: FoldBlobs = {
    get: async (sha256, range) => this.#blobs.get(sha256)!.slice(range?.start, range?.end),
    put: async (bytes) => this.#put(bytes),
  };

  constructor(experts: readonly number[], spec: Partial<RunSpec>, shardTokens: readonly number[] = []) {
    const facts = runFacts('r', experts, { replicas: 1, ...spec });
    const modules = Object.entries(facts.modules).map(([name, module]) => {
      const blob = this.#put(bytesOf(Array.from({ length: SIZE }, (_, i) => i + 1)));
      return [name, { ...module, parameterCount: SIZE, blob }];
    });
    const paths = Object.entries(facts.paths).map(([id, path], i) => {
      return [id, { ...path, shardTokens: shardTokens[i] ?? path.shardTokens }];
    });
    this.table.create({ ...facts, modules: Object.fromEntries(modules), paths: Object.fromEntries(paths) }, ['train']);
  }

  #put(bytes: Uint8Array) {
    const sha256 = `${++this.#stored}`.padStart(64, '0');
    this.#blobs.set(sha256, bytes.slice());
    return { sha256, bytes: bytes.byteLength };
  }

  get facts(): RunFacts {
    return this.table.state.runs['r']!.facts;
  }

  /** Open leases by path, each path's in the order of their grants. */
  leases(): { readonly lease: string; readonly path: string; readonly replica: number }[] {
    const seen = new Map<string, number>();
    return Object.values(this.table.state.leases).map(({ id, task }) => {
      const { path } = task.body as unknown as TrainTask;
      const replica = seen.get(path) ?? 0;
      seen.set(path, replica + 1);
      return { lease: id, path, replica };
    });
  }

  /** An outer gradient comes in, the path's modules one after the other; folds that it makes due are computed. */
  async contribute(lease: string, delta: readonly number[], steps: number, norm = 1): Promise<void> {
    this.#blobs.set(lease.padEnd(64, '0'), bytesOf(delta));
    await this.#fold(this.table.contribute(lease, steps, norm));
  }

  async switchTo(mode: Mode): Promise<void> {
    await this.#fold(this.table.take({ type: 'RunModeChanged', run: 'r', mode }));
  }

  async #fold(decided: CoordinatorEvent[]): Promise<void> {
    for (let begun = only(decided, 'FoldBegun'); begun.length > 0; ) {
      const [{ kind, fold }] = begun as [(typeof begun)[number]];
      const output = await trainFold.fold(fold.input, this.#store);
      begun = [
        ...begun.slice(1),
        ...only(this.table.take({ type: 'FoldEnded', run: 'r', kind, fold: fold.key, output }), 'FoldBegun'),
      ];
    }
  }

  /** Parameters and momentum of a module. */
  bits(name: string): { readonly version: number; readonly theta: number[]; readonly momentum: number[] } {
    const { version, blob, state } = this.facts.modules[name]!;
    const floats = (sha256: string) => [...new Float32Array(this.#blobs.get(sha256)!.slice().buffer)];
    return { version, theta: floats(blob.sha256), momentum: state ? floats(state.sha256) : [] };
  }
}

const float = fc.float({ min: -2, max: 2, noNaN: true });
/** A path's outer gradient: embedding, one module of each of two levels, head. */
export const delta = (modules: number) => fc.array(float, { minLength: modules * SIZE, maxLength: modules * SIZE });
