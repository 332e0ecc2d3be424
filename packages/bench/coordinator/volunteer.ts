import { generateKeyPairSync, sign } from 'node:crypto';
import type { Down, LeaseMessage } from '@pathfold/protocol/down';
import type { Up } from '@pathfold/protocol/up';
import { PROTOCOL_MAX, PROTOCOL_MIN } from '@pathfold/protocol/version';
import { WebSocket } from 'ws';

/** So slow that every lease is expected to take many seconds: all replicas of a round can join it. */
export const EXECUTOR = { name: 'bench', adapter: '', tokensPerSecond: 1 };

/** A volunteer that speaks the protocol and computes nothing. */
export class BenchVolunteer {
  readonly #socket: WebSocket;
  readonly #keys = generateKeyPairSync('ed25519');
  #lease: LeaseMessage | null = null;
  #onWelcome = () => {};
  #onLease = (_lease: LeaseMessage) => {};
  #onSettled: { resolve(): void; reject(error: Error): void } | null = null;
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(url: string) {
    this.#socket = new WebSocket(new URL('/api/v1/volunteer', url.replace('http', 'ws')), { perMessageDeflate: false });
  }

  /** Connects, proves its identity, and then sends a heartbeat every `heartbeatMs`, from a random moment on. */
  static async join(url: string, heartbeatMs: number): Promise<BenchVolunteer> {
    const volunteer = new BenchVolunteer(url);
    await volunteer.#join();
    const beat = () => volunteer.#beat();
    volunteer.#heartbeat = setTimeout(() => {
      beat();
      volunteer.#heartbeat = setInterval(beat, heartbeatMs);
    }, Math.random() * heartbeatMs);
    return volunteer;
  }

  /** Asks for a lease and answers it. */
  lease(): Promise<LeaseMessage> {
    const granted = new Promise<LeaseMessage>((resolve) => {
      this.#onLease = resolve;
    });
    this.#send({ type: 'ready', executor: EXECUTOR, memoryBytes: 0 });
    return granted;
  }

  /** Answers when the lease's contribution has been checked and accepted; call it before the upload. */
  settled(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onSettled = { resolve, reject };
    });
  }

  leave(): void {
    clearInterval(this.#heartbeat);
    this.#socket.terminate();
  }

  #join(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onWelcome = resolve;
      this.#socket.on('error', reject);
      this.#socket.on('close', (code, reason) => reject(new Error(`the socket closed: ${code} ${reason}`)));
      this.#socket.on('message', (data) => this.#hear(JSON.parse(String(data)) as Down));
      this.#socket.on('open', () =>
        this.#send({
          type: 'hello',
          versions: { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
          publicKey: this.#keys.publicKey.export({ format: 'jwk' }).x!,
          name: 'bench',
          agent: 'node',
          resume: null,
        }),
      );
    });
  }

  #hear(message: Down): void {
    switch (message.type) {
      case 'challenge': {
        const signature = sign(null, Buffer.from(`pathfold:${message.nonce}`), this.#keys.privateKey);
        this.#send({ type: 'prove', signature: signature.toString('base64url') });
        break;
      }
      case 'welcome':
        this.#onWelcome();
        break;
      case 'lease':
        this.#lease = message;
        this.#onLease(message);
        break;
      case 'settled':
        if (message.lease !== this.#lease?.lease || message.state === 'received') break;
        this.#lease = null;
        if (message.state === 'rejected') this.#onSettled?.reject(new Error(`${message.code}: ${message.detail}`));
        else this.#onSettled?.resolve();
        break;
      case 'revoke':
        this.#onSettled?.reject(new Error(`revoked: ${message.code}: ${message.detail}`));
        break;
    }
  }

  #beat(): void {
    const lease = this.#lease?.lease;
    this.#send(lease ? { type: 'progress', lease, steps: 0, loss: null, tokensPerSecond: 1 } : { type: 'ping' });
  }

  #send(message: Up): void {
    this.#socket.send(JSON.stringify(message));
  }
}
