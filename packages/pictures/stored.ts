import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';

/** By name, what each packed set must be. */
const Index = z.record(z.string(), z.strictObject({ sha256: z.string(), bytes: z.int() }));

const SHIPPED = new URL('data/', import.meta.url);

/** The bytes of a packed set of this version. Throws PathfoldError `bad_pictures` when it is missing or another. */
export function storedSet(name: string, folder: URL = SHIPPED): Uint8Array {
  const index = Index.parse(JSON.parse(readFileSync(new URL('index.json', SHIPPED), 'utf8')));
  const known = index[name];
  if (!Object.hasOwn(index, name) || !known)
    throw new PathfoldError('bad_pictures', `There is no set ${name}; there are ${Object.keys(index).join(', ')}.`);
  const path = fileURLToPath(new URL(`${name}.bin`, folder));
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch {
    throw new PathfoldError('bad_pictures', `The set ${name} is missing: ${path} cannot be read.`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== known.bytes || sha256 !== known.sha256)
    throw new PathfoldError(
      'bad_pictures',
      `${path} has ${bytes.length} bytes and sha256 ${sha256}, where ${known.bytes} and ${known.sha256} are shipped.`,
    );
  return bytes;
}
