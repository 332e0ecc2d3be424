import { Down } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '@pathfold/protocol/version';
import type { VolunteerPorts } from '../ports.ts';

/** Progress is not sent while more than this waits in the socket: it would only be late. */
const FULL_BYTES = 256 * 1024;

export interface Line {
  open(resume: string | null): void;
  send(message: Up): void;
  close(): void;
}

/** The socket to the coordinator, with its greeting: hello, challenge, proof. What comes is checked against its schema. */
export function createLine(
  ports: Pick<VolunteerPorts, 'url' | 'openSocket' | 'identity' | 'name' | 'agent'>,
  onMessage: (message: Down) => void,
  onClosed: () => void,
): Line {
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
    if (!old) return;
    old.onmessage = null;
    old.onclose = null;
    old.onopen = null;
    old.close();
  };

  return {
    send,
    close,
    open(resume) {
      close();
      const mine = ports.openSocket(url.href);
      socket = mine;
      const gone = () => {
        if (socket !== mine) return;
        socket = null;
        onClosed();
      };
      mine.onclose = gone;
      mine.onerror = () => {};
      mine.onopen = () =>
        send({
          type: 'hello',
          versions: { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
          publicKey: ports.identity.publicKey,
          name: ports.name,
          agent: ports.agent,
          resume,
        });
      mine.onmessage = ({ data }) => {
        const message = parse(data);
        if (!message) return;
        if (message.type === 'challenge')
          void ports.identity.sign(`pathfold:${message.nonce}`).then((signature) => {
            if (socket === mine) send({ type: 'prove', signature });
          });
        onMessage(message);
      };
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
