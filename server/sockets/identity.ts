import { createHash, createPublicKey, verify } from 'node:crypto';

/** A volunteer's id: the first 22 characters of its key's sha256 in base64url (132 bits). */
export const volunteerIdOf = (publicKey: Uint8Array) =>
  createHash('sha256').update(publicKey).digest('base64url').slice(0, 22);

/** The 32 bytes of a raw Ed25519 public key; null when it is anything else. */
export function readPublicKey(base64url: string): Uint8Array | null {
  const bytes = Buffer.from(base64url, 'base64url');
  return bytes.length === 32 ? bytes : null;
}

/** Whether `signature` (base64url) is the key's Ed25519 signature over `pathfold:` + nonce. */
export function isProof(publicKey: Uint8Array, nonce: string, signature: string): boolean {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, Buffer.from(`pathfold:${nonce}`), key, Buffer.from(signature, 'base64url'));
}
