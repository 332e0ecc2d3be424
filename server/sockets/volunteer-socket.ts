import type { IceServer } from '@pathfold/protocol/down';
import { PathfoldError } from '@pathfold/protocol/errors';
import { MAX_UP_BYTES, Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '@pathfold/protocol/version';
import type { FastifyBaseLogger } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { Limits, Timings } from '../config.ts';
import { newSecret } from '../security/secrets.ts';
import { createAllowance } from './allowance.ts';
import { type Connection, type Connections, createConnection } from './connections.ts';
import { isProof, readPublicKey, volunteerIdOf } from './identity.ts';
import { networkOf } from './network.ts';
import type { Signalling } from './signalling.ts';

type Hello = Extract<Up, { type: 'hello' }>;
type Swarm = Extract<Up, { type: 'have' | 'want' | 'report' | 'signal' }>;
/** Messages of a greeted volunteer about prompts that it answers. */
type Answering = Extract<Up, { type: 'answering' | 'tokens' | 'unanswered' }>;
/** Messages of a greeted volunteer about its work. */
export type WorkMessage = Exclude<Up, { type: 'hello' | 'prove' | 'ping' } | Swarm | Answering>;

/** The part of the coordinator's host that the sockets use. */
export interface VolunteerDesk {
  isBanned(volunteer: string): boolean;
  /**
   * A volunteer at this address proved who it is. Answers its credit, the leases that it still holds, and a new resume
   * token.
   */
  join(hello: Pick<Hello, 'name' | 'agent' | 'resume'>, volunteer: string, address: string): Promise<Welcome>;
  /** It lives. */
  heard(volunteer: string): void;
  /** Throws too_many_messages (rule M2). */
  hear(volunteer: string, message: WorkMessage): void;
  /** Its socket is gone and no newer one is there. */
  left(volunteer: string): void;
}
export interface Welcome {
  readonly credit: number;
  readonly leases: string[];
  readonly resume: string;
}

export interface SocketDeps {
  readonly desk: VolunteerDesk;
  readonly connections: Connections;
  readonly signalling: Signalling;
  readonly network: {
    heard(volunteer: string, message: Answering, origin: string): void;
    gone(volunteer: string): void;
  };
  readonly limits: Limits;
  readonly timings: Timings;
  /** STUN and TURN servers, with credentials for this volunteer. */
  readonly iceServersOf: (volunteer: string) => IceServer[];
  readonly log: FastifyBaseLogger;
  /** Whence the socket comes. */
  readonly address: string;
}

/** Reads one frame; throws bad_message or message_too_large (rule M1). */
function readUp(data: RawData, isBinary: boolean): Up {
  if (isBinary || !Buffer.isBuffer(data)) throw new PathfoldError('bad_message', 'A frame was not text.');
  if (data.length > MAX_UP_BYTES) throw new PathfoldError('message_too_large', `No more than ${MAX_UP_BYTES} bytes.`);
  let json: unknown;
  try {
    json = JSON.parse(data.toString());
  } catch {
    throw new PathfoldError('bad_message', 'A frame was not JSON.');
  }
  const result = Up.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new PathfoldError('bad_message', `${issue?.path.join('.') || 'message'}: ${issue?.message}`);
}

/** Rules H1 to H4: hello, challenge, proof. Answers who is there. */
function createGreeting(connection: Connection) {
  let pending: { hello: Hello; key: Uint8Array; nonce: string } | null = null;
  return (message: Up): { hello: Hello; volunteer: string } | null => {
    if (message.type === 'hello' && !pending) {
      if (message.versions.max < PROTOCOL_MIN) throw new PathfoldError('protocol_too_old');
      if (message.versions.min > PROTOCOL_MAX) throw new PathfoldError('protocol_too_new');
      const key = readPublicKey(message.publicKey);
      if (!key) throw new PathfoldError('bad_message', 'publicKey: not 32 bytes');
      pending = { hello: message, key, nonce: newSecret() };
      const version = Math.min(message.versions.max, PROTOCOL_MAX);
      connection.send({ type: 'challenge', nonce: pending.nonce, version });
      return null;
    }
    if (message.type === 'prove' && pending) {
      if (!isProof(pending.key, pending.nonce, message.signature)) throw new PathfoldError('bad_signature');
      return { hello: pending.hello, volunteer: volunteerIdOf(pending.key) };
    }
    throw new PathfoldError('bad_message', `${message.type} came before the welcome.`);
  };
}

/** Serves one volunteer's socket until it closes. Attaches its listeners at once, so that no frame is missed. */
export function serveVolunteer(socket: WebSocket, deps: SocketDeps): void {
  const { desk, connections, signalling, network, limits, timings, log } = deps;
  const connection = createConnection(socket, limits.outboxBytes);
  const greet = createGreeting(connection);
  const messages = createAllowance(limits.messagesPerSecond, limits.messageBurst);
  const sharing = createAllowance(limits.messagesPerSecond / 2, limits.messageBurst);
  const signals = createAllowance(limits.messagesPerSecond / 2, limits.messageBurst / 2);
  let volunteer: string | null = null;
  let phase: 'greeting' | 'joining' | 'open' = 'greeting';
  let heardAt = performance.now();
  /** Where this process stood still, what came meanwhile is read first. */
  const silentAfter = (ms: number) =>
    setTimeout(() => {
      const before = heardAt;
      setImmediate(() => heardAt === before && connection.fail('silent'));
    }, ms);
  let unheard = silentAfter(timings.helloMs);

  async function welcome(who: { hello: Hello; volunteer: string }): Promise<void> {
    if (desk.isBanned(who.volunteer)) throw new PathfoldError('banned');
    volunteer = who.volunteer;
    phase = 'joining';
    // Consent given on an older socket ends with it.
    network.gone(volunteer);
    signalling.gone(volunteer);
    connections.enter(volunteer, connection);
    const { credit, leases, resume } = await desk.join(who.hello, volunteer, deps.address);
    if (socket.readyState !== socket.OPEN) return;
    phase = 'open';
    clearTimeout(unheard);
    unheard = silentAfter(timings.silenceMs);
    connection.send({
      type: 'welcome',
      volunteer,
      resume,
      heartbeatMs: timings.heartbeatMs,
      silenceMs: timings.silenceMs,
      credit,
      leases,
      iceServers: deps.iceServersOf(who.volunteer),
    });
  }

  function hear(message: Up, from: string) {
    switch (message.type) {
      case 'ping':
        return connection.send({ type: 'pong' });
      case 'have':
      case 'want':
      case 'report':
        if (!sharing.take())
          throw new PathfoldError('too_many_messages', 'Blobs were offered and asked for too often.');
        return signalling.heard(from, message, networkOf(deps.address));
      case 'signal':
        // Others make it signal: it cannot help how often.
        if (signals.take()) signalling.heard(from, message, networkOf(deps.address));
        return;
      case 'answering':
      case 'tokens':
      case 'unanswered':
        return network.heard(from, message, networkOf(deps.address));
      case 'hello':
      case 'prove':
        throw new PathfoldError('bad_message', `${message.type} came after the welcome.`);
      default:
        return desk.hear(from, message);
    }
  }

  const refuse = (error: unknown) => {
    if (error instanceof PathfoldError) return connection.fail(error.code, error.detail);
    log.error({ err: error, volunteer }, 'a socket message failed');
    connection.fail('internal');
  };

  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return;
    try {
      if (!messages.take()) throw new PathfoldError('too_many_messages');
      const message = readUp(data, isBinary);
      if (phase === 'open' && volunteer !== null) {
        unheard.refresh();
        heardAt = performance.now();
        desk.heard(volunteer);
        hear(message, volunteer);
      } else if (phase === 'greeting') {
        const who = greet(message);
        if (who) welcome(who).catch(refuse);
      } else throw new PathfoldError('bad_message', `${message.type} came before the welcome.`);
    } catch (error) {
      refuse(error);
    }
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearTimeout(unheard);
    if (volunteer === null || !connections.leave(volunteer, connection)) return;
    signalling.gone(volunteer);
    network.gone(volunteer);
    desk.left(volunteer);
  });
}
