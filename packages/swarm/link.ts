import type { IceServer } from '@pathfold/protocol/down';
import SimplePeer from 'simple-peer';
import { PeerSignal } from './wire.ts';

/** One WebRTC data channel to one peer. Frames are text or bytes, in order; `send` waits while too much is queued. */
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

const MAX_QUEUED_BYTES = 1024 * 1024;

/** It keeps no time: whoever opens it closes it when it does not come about, or is not used. */
export function openLink(opens: boolean, iceServers: readonly IceServer[], wrtc: Wrtc, events: LinkEvents): Link {
  const peer = new SimplePeer({
    initiator: opens,
    // Frames keep their borders and text stays text.
    objectMode: true,
    config: { iceServers: [...iceServers] as RTCIceServer[] },
    ...(wrtc ? { wrtc } : {}),
  });
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    peer.destroy();
    events.onClose();
  };
  peer.on('signal', (data) => {
    const signal = PeerSignal.safeParse(data);
    if (!closed && signal.success) events.onSignal(signal.data);
  });
  peer.on('connect', events.onOpen);
  peer.on('data', (data: Uint8Array | string) => {
    if (!closed) events.onFrame(typeof data === 'string' ? data : new Uint8Array(data));
  });
  peer.on('error', close);
  peer.on('close', close);
  return {
    get isOpen() {
      return !closed && peer.connected;
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
      while (!closed && peer.bufferSize > MAX_QUEUED_BYTES) await new Promise((resolve) => setTimeout(resolve, 5));
      if (closed) throw new Error('the link is closed');
      peer.send(frame);
    },
    close,
  };
}
