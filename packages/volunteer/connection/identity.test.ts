import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { createIdentity, restoreIdentity } from './identity.ts';

test('a saved identity signs as the one it was', async () => {
  const identity = await createIdentity();
  const restored = await restoreIdentity(identity.file);
  expect(restored.publicKey).toBe(identity.publicKey);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: identity.publicKey }, format: 'jwk' });
  const signature = Buffer.from(await restored.sign('pathfold:nonce'), 'base64url');
  expect(verify(null, Buffer.from('pathfold:nonce'), key, signature)).toBe(true);
  expect(verify(null, Buffer.from('pathfold:other'), key, signature)).toBe(false);
});

test('what is no identity file is refused in one sentence', async () => {
  const { file } = await createIdentity();
  const other = JSON.parse((await createIdentity()).file);
  for (const text of ['', '{}', 'null', file.slice(0, 40), file.replace('Ed25519', 'X25519')])
    await expect(restoreIdentity(text)).rejects.toThrow('not an identity file');
  // The halves of two keys: WebCrypto refuses them, or the coordinator refuses the proof.
  const mixed = await restoreIdentity(JSON.stringify({ ...JSON.parse(file), x: other.x })).catch(() => null);
  expect(mixed?.publicKey ?? other.x).toBe(other.x);
});
