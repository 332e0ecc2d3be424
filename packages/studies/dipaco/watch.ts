import type { BlobStore } from '@pathfold/blobs/blob-store';
import type { CoordinatorEventOf } from '@pathfold/coordination/events';
import { assignPath } from '@pathfold/routing/assign/assign';
import { readRouter } from '@pathfold/routing/assign/router';
import { rowOf } from '@pathfold/routing/fit/rows';
import { RouteFoldResult } from '@pathfold/works/route/task';

export type Curve = [x: number, y: number][];

/** The mean of all points of one version together. */
export function meanByRound(points: Readonly<Curve>): Curve {
  const byRound = new Map<number, number[]>();
  for (const [round, value] of points) byRound.set(round, [...(byRound.get(round) ?? []), value]);
  return [...byRound]
    .sort(([a], [b]) => a - b)
    .map(([round, values]) => [round, values.reduce((sum, value) => sum + value, 0) / values.length]);
}

/** Follows a run's routings: how many of the training blocks each re-sharding moved to another path. */
export class Reshardings {
  readonly moved: number[] = [];
  /** Re-shardings from which no router could be learnt. */
  refused = 0;
  #paths: number[] | null = null;
  readonly #blocks: number;
  readonly #width: number;

  /** `blocks`: training blocks; `width`: dimensions of a feature. */
  constructor({ blocks, width }: { readonly blocks: number; readonly width: number }) {
    this.#blocks = blocks;
    this.#width = width;
  }

  async watch({ output }: CoordinatorEventOf<'FoldEnded'>, blobs: BlobStore): Promise<void> {
    if (!output.routing) {
      if (RouteFoldResult.safeParse(output.result).data?.kept) this.refused++;
      return;
    }
    const { features } = RouteFoldResult.parse(output.result);
    const router = readRouter(JSON.parse(new TextDecoder().decode((await blobs.get(output.routing.router.sha256))!)));
    if (!features) return;
    const values = new Float32Array((await blobs.get(features.sha256))!.slice().buffer);
    const rows = { values, width: this.#width };
    const paths = Array.from({ length: this.#blocks }, (_, block) => assignPath(router, rowOf(rows, block)));
    if (this.#paths) this.moved.push(paths.filter((path, block) => path !== this.#paths![block]).length / paths.length);
    this.#paths = paths;
  }
}
