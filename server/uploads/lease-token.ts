import { type Signer, secretsEqual } from '../security/secrets.ts';

/** The secret that comes with a lease: `LEASE.SIGNATURE`. It follows from the lease's id, so that nobody has to store it. */
export const leaseToken = (signer: Signer, lease: string) => `${lease}.${signer.sign('lease', lease)}`;

/** The lease that a token belongs to; null when the token is not one of ours. */
export function leaseOfToken(signer: Signer, token: string): string | null {
  const lease = token.slice(0, token.lastIndexOf('.'));
  return secretsEqual(token, leaseToken(signer, lease)) ? lease : null;
}
