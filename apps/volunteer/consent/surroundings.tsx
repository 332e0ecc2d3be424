import { Notice } from '@pathfold/ui/layout/notice';
import type { Environment } from './device.ts';

/** Says what this browser lacks at this address, and what follows; nothing when it lacks nothing. */
export function Surroundings({ environment }: { environment: Environment }) {
  const { blocking, missing, insecure } = environment;
  if (blocking.length === 0 && missing.length === 0) return null;
  const blocked = blocking.length > 0;
  const title = blocked
    ? 'This browser cannot take part from this address.'
    : 'This browser can take part, with less than it could.';
  return (
    <Notice tone={blocked ? 'error' : 'warning'} title={title}>
      {insecure && (
        <p>
          The address is plain HTTP. Browsers then offer no signatures, GPU, private files or shared memory; ask the
          operator for an address that begins with https, or open the page on the coordinator’s own machine.
        </p>
      )}
      <ul className="mt-1 list-disc pl-5">
        {[...blocking, ...missing].map((lack) => (
          <li key={lack.what}>
            {lack.what} is missing. {lack.consequence}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
