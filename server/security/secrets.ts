import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Whether two secrets are equal, in a time that tells nothing about where they differ. */
export const secretsEqual = (a: string, b: string) => timingSafeEqual(sha256(a), sha256(b));

export const hashSecret = (text: string) => sha256(text).toString('base64url');

export const newSecret = (bytes = 32) => randomBytes(bytes).toString('base64url');

/** Makes and checks secrets that need not be stored, because they follow from what they are for. */
export interface Signer {
  sign(purpose: 'lease' | 'resume' | 'session' | 'network', ...parts: string[]): string;
}

export const createSigner = (key: string): Signer => ({
  sign: (purpose, ...parts) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...parts]))
      .digest('base64url'),
});
