import type { VolunteerResource } from '@pathfold/protocol/resources';

/** The name that a volunteer gave itself, else the beginning of its id. */
export const nameOf = (id: string, volunteers: readonly VolunteerResource[]): string =>
  volunteers.find((volunteer) => volunteer.id === id)?.name || `${id.slice(0, 8)}…`;

export function VolunteerName({ id, volunteers }: { id: string; volunteers: readonly VolunteerResource[] }) {
  const named = volunteers.some((volunteer) => volunteer.id === id && volunteer.name);
  return (
    <span className={named ? undefined : 'figure'} title={id}>
      {nameOf(id, volunteers)}
    </span>
  );
}
