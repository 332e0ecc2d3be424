import type { IceServer } from '@pathfold/protocol/down';
import SimplePeer from 'simple-peer';
import { PeerSignal } from './wire.ts';

/** One WebRTC data channel to one peer. Frames are text or bytes, in order; `send` answers when there is room for more. */
export interface Link {
  readonly isOpen: boolean;
  /** A signal of the other side; one that WebRTC does not take closes the link. */
  signal(signal: PeerSignal): void;
  send(frame: string | Uint8Array): Promise<void>;
  close(): void;
}

export interface LinkEvents {
  onSignal(signal: PeerSignal): void;
  onOpen(): void;
  onFrame(frame: string | Uint8Array): void;
  onClose(): void;
}

/** The WebRTC implementation: null in a browser, the `wrtc` package's exports in Node. */
export type Wrtc = SimplePeer.Options['wrtc'] | null;

/**
 * The connection ends so long after the last frame: in Node, one that ends just when the other side sends its next ask
 * ends the other side's process (a race in the wrtc package: `RTCDataChannel::Send` after the channel is gone).
 */
const CLOSING_MS = 200;

/** It keeps no time: whoever opens it closes it when it does not come about, or is not used. */
export function openLink(opens: boolean, iceServers: readonly IceServer[], wrtc: Wrtc, events: LinkEvents): Link {
  const peer = new SimplePeer({
    initiator: opens,
    // Frames keep their borders and text stays text.
    objectMode: true,
    config: { iceServers: [...iceServers] as RTCIceServer[] },
    ...(wrtc ? { wrtc } : {}),
  });
  let isOpen = false;
  let closed = false;
  /** Sends that wait for `bufferedamountlow`, which a link that is closed never sees. */
  const waiting = new Set<(error: Error) => void>();
  const close = () => {
    if (closed) return;
    closed = true;
    // Not within a callback of WebRTC: in Node that ends the process.
    setTimeout(() => peer.destroy(), CLOSING_MS);
    for (const fail of waiting) fail(new Error('the link is closed'));
    events.onClose();
  };
  peer.on('signal', (data) => {
    const signal = PeerSignal.safeParse(data);
    if (!closed && signal.success) events.onSignal(signal.data);
  });
  peer.on('connect', () => {
    isOpen = true;
    events.onOpen();
  });
  peer.on('data', (data: Uint8Array | string) => {
    if (!closed) events.onFrame(typeof data === 'string' ? data : new Uint8Array(data));
  });
  peer.on('error', close);
  peer.on('close', close);
  return {
    get isOpen() {
      return isOpen && !closed;
    },
    signal(signal) {
      if (closed) return;
      try {
        peer.signal(signal as SimplePeer.SignalData);
      } catch {
        close();
      }
    },
    async send(frame) {
      if (closed) throw new Error('the link is closed');
      await new Promise<void>((resolve, reject) => {
        waiting.add(reject);
        peer.write(frame, () => {
          waiting.delete(reject);
          resolve();
        });
      });
    },
    close,
  };
}
