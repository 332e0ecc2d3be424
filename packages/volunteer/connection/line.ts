import { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '@pathfold/protocol/version';
import type { VolunteerPorts } from '../ports.ts';

/** Progress is not sent while more than this waits in the socket: it would only be late. */
const FULL_BYTES = 256 * 1024;

/** The socket to the coordinator, with its greeting: hello, challenge, proof. What comes is checked against its schema. */
export function createLine(
  ports: Pick<VolunteerPorts, 'url' | 'openSocket' | 'identity' | 'name' | 'agent'>,
  onMessage: (message: Down) => void,
  onClosed: () => void,
) {
  let socket: ReturnType<VolunteerPorts['openSocket']> | null = null;
  const url = new URL('api/v1/volunteer', ports.url);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';

  const send = (message: Up) => {
    if (!socket || (message.type === 'progress' && socket.bufferedAmount > FULL_BYTES)) return;
    socket.send(JSON.stringify(message));
  };
  const close = () => {
    const old = socket;
    socket = null;
    old?.close();
  };

  return {
    send,
    close,
    open(resume: string | null): void {
      close();
      const mine = ports.openSocket(url.href);
      socket = mine;
      /** Nothing is heard any more of a socket that was closed here, or that another one follows. */
      const ifOpen = (act: () => void) => {
        if (socket === mine) act();
      };
      const versions = { min: PROTOCOL_MIN, max: PROTOCOL_MAX };
      const { identity, name, agent } = ports;
      mine.onerror = () => {};
      mine.onclose = () =>
        ifOpen(() => {
          socket = null;
          onClosed();
        });
      mine.onopen = () =>
        ifOpen(() => send({ type: 'hello', versions, publicKey: identity.publicKey, name, agent, resume }));
      mine.onmessage = ({ data }) =>
        ifOpen(() => {
          const message = parse(data);
          if (message?.type === 'challenge')
            void identity
              .sign(`pathfold:${message.nonce}`)
              .then((signature) => ifOpen(() => send({ type: 'prove', signature })));
          if (message) onMessage(message);
        });
    },
  };
}

/** Null for what this version does not know: a newer coordinator may say more. */
function parse(data: unknown): Down | null {
  if (typeof data !== 'string') return null;
  try {
    return Down.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}
