import type { Swarm } from '@pathfold/swarm/swarm';
import type { VolunteerPorts } from '@pathfold/volunteer/ports';
import * as Comlink from 'comlink';
import type { PageDoor } from './worker-messages.ts';

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
        async read(sha256: string) {
          const bytes = await ports.read(sha256);
          return bytes && Comlink.transfer(bytes, [bytes.buffer as ArrayBuffer]);
        },
      }),
    );
    return {
      receive: (message) => void page.swarmReceive(message),
      have: (blobs) => void page.swarmHave([...blobs]),
      fetch: (ref) => page.swarmFetch(ref),
      close: () => void page.closeSwarm(),
    };
  };
