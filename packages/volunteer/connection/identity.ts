import * as z from 'zod/mini';

/** An Ed25519 key pair: who this volunteer is to a coordinator. Whoever holds the file holds the credit. */
export interface Identity {
  /** Raw public key, 32 bytes, base64url. */
  readonly publicKey: string;
  /** Ed25519 signature over the UTF-8 text, base64url. */
  sign(text: string): Promise<string>;
  /** The text of the file to save. */
  readonly file: string;
}

const part = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));
const IdentityFile = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: part, d: part });

/** A new identity. Needs WebCrypto, which browsers offer on https addresses and localhost only. */
export async function createIdentity(): Promise<Identity> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  return restoreIdentity(JSON.stringify(await crypto.subtle.exportKey('jwk', pair.privateKey)));
}

/** The identity of a saved file. Throws an Error with one sentence when the text is not one. */
export async function restoreIdentity(file: string): Promise<Identity> {
  const { x, d } = parse(file);
  const jwk = { kty: 'OKP', crv: 'Ed25519', x, d };
  const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']).catch(() => {
    throw new Error('The identity file holds a key that does not fit together.');
  });
  return {
    publicKey: x,
    file: JSON.stringify(jwk),
    async sign(text) {
      const signature = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(text));
      return base64url(new Uint8Array(signature));
    },
  };
}

function parse(file: string) {
  try {
    return IdentityFile.parse(JSON.parse(file));
  } catch {
    throw new Error('This is not an identity file of Pathfold.');
  }
}

export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

export const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
