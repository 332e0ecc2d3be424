import type { Down } from '@pathfold/protocol/down';
import { ERRORS, type ErrorCode } from '@pathfold/protocol/errors';
import type { WebSocket } from 'ws';

/** One volunteer's open socket, greeted or not. */
export interface Connection {
  /**
   * Queues a message; a reader too slow for what waits is closed instead (rule M5). What others have it sent, signals,
   * is dropped long before.
   */
  send(message: Down): void;
  /** Says why, then closes. */
  fail(code: ErrorCode, detail?: string): void;
}

/** A signal waits behind so many bytes at most: nobody fills another's queue. */
const SIGNAL_QUEUE_BYTES = 64 * 1024;
const CLOSE_POLICY = 1008;
const CLOSE_GRACE_MS = 2000;

export function createConnection(socket: WebSocket, outboxBytes: number): Connection {
  const send = (message: Down) => {
    if (socket.readyState !== socket.OPEN) return;
    if (message.type === 'signal' && socket.bufferedAmount > SIGNAL_QUEUE_BYTES) return;
    if (socket.bufferedAmount > outboxBytes) return socket.terminate();
    socket.send(JSON.stringify(message));
  };
  return {
    send,
    fail(code, detail = ERRORS[code].what) {
      send({ type: 'error', code, detail, fatal: true });
      socket.close(CLOSE_POLICY, code);
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
    },
  };
}

/** The greeted sockets, one a volunteer. */
export function createConnections() {
  const open = new Map<string, Connection>();
  return {
    /** Sends to a volunteer; false when it is not connected. */
    send(volunteer: string, message: Down): boolean {
      const connection = open.get(volunteer);
      connection?.send(message);
      return connection !== undefined;
    },
    has: (volunteer: string) => open.has(volunteer),
    get size() {
      return open.size;
    },
    /** Takes the volunteer's place; an older socket of the same identity is told and closed (rule H6). */
    enter(volunteer: string, connection: Connection): void {
      open.get(volunteer)?.fail('replaced');
      open.set(volunteer, connection);
    },
    /** Leaves, unless a newer socket has taken the place: answers whether the volunteer is gone. */
    leave(volunteer: string, connection: Connection): boolean {
      return open.get(volunteer) === connection && open.delete(volunteer);
    },
    fail(volunteer: string, code: ErrorCode): void {
      open.get(volunteer)?.fail(code);
    },
  };
}
export type Connections = ReturnType<typeof createConnections>;
