import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Whether two secrets are equal, in a time that tells nothing about where they differ. */
export const secretsEqual = (a: string, b: string) => timingSafeEqual(sha256(a), sha256(b));

export const hashSecret = (text: string) => sha256(text).toString('base64url');

export const newSecret = (bytes = 32) => randomBytes(bytes).toString('base64url');

/** Makes and checks secrets that need not be stored, because they follow from what they are for. */
export interface Signer {
  sign(purpose: 'lease' | 'resume' | 'session', ...parts: string[]): string;
}

export const createSigner = (key: Uint8Array): Signer => ({
  sign: (purpose, ...parts) =>
    createHmac('sha256', key)
      .update(JSON.stringify([purpose, ...parts]))
      .digest('base64url'),
});

/** The coordinator's own key, 32 bytes in a file that only its user can read; made at the first start. */
export async function readKey(dataDir: string): Promise<Uint8Array> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'secret.key');
  try {
    const file = await open(path, 'wx', 0o600);
    const key = randomBytes(32);
    await file.writeFile(key);
    await file.sync();
    await file.close();
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFile(path);
  }
}
