import type { Wrtc } from './link.ts';

/** WebRTC for Node: prebuilt in the package. */
export async function nodeWrtc(): Promise<Wrtc> {
  const { default: wrtc } = await import('@roamhq/wrtc');
  return wrtc;
}
