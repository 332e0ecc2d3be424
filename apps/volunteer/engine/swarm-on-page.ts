import type { BlobRef } from '@pathfold/protocol/blob';
import type { Swarm } from '@pathfold/swarm/swarm';
import type { VolunteerPorts } from '@pathfold/volunteer/ports';
import * as Comlink from 'comlink';
import type { PageDoor } from './worker-messages.ts';

/** A callback of the page, which is a proxy here. */
type Take = ((bytes: Uint8Array) => unknown) & { [Comlink.releaseProxy]?: () => void };

/** The swarm of the page, as the volunteer in the worker sees it. */
export const swarmOnPage =
  (page: Comlink.Remote<PageDoor>): NonNullable<VolunteerPorts['openSwarm']> =>
  (ports): Swarm => {
    void page.openSwarm(
      Comlink.proxy({
        send: ports.send,
        onStats: ports.onStats,
        every(ms: number, callback: () => void) {
          const timer = setInterval(() => void callback(), ms);
          return Comlink.proxy(() => clearInterval(timer));
        },
        async read(sha256: string, start: number, end: number) {
          const bytes = await ports.read(sha256, start, end);
          return bytes && Comlink.transfer(bytes, [bytes.buffer as ArrayBuffer]);
        },
        async table(ref: BlobRef) {
          const bytes = await ports.table(ref);
          return bytes && Comlink.transfer(bytes, [bytes.buffer as ArrayBuffer]);
        },
        async range(ref: BlobRef, start: number, end: number, take: Take) {
          const taken: unknown[] = [];
          const isWhole = await ports.range(ref, start, end, (chunk) => {
            const bytes = chunk.slice();
            taken.push(take(Comlink.transfer(bytes, [bytes.buffer as ArrayBuffer])));
          });
          await Promise.all(taken);
          take[Comlink.releaseProxy]?.();
          return isWhole;
        },
      }),
    );
    return {
      receive: (message) => void page.swarmReceive(message),
      have: (blobs) => void page.swarmHave([...blobs]),
      fetch: (ref, begun) => page.swarmFetch(ref, begun),
      limitUpload: (bytesPerSecond) => void page.swarmLimitUpload(bytesPerSecond),
      close: () => void page.closeSwarm(),
    };
  };
