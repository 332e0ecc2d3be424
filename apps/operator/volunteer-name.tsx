import type { VolunteerResource } from '@pathfold/protocol/resources';

/** The name that a volunteer gave itself, else the beginning of its id. */
export function VolunteerName({ id, volunteers }: { id: string; volunteers: readonly VolunteerResource[] }) {
  const name = volunteers.find((volunteer) => volunteer.id === id)?.name;
  return name ? <span title={id}>{name}</span> : <span className="figure" title={id}>{`${id.slice(0, 8)}…`}</span>;
}
