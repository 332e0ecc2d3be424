/** How much the volunteers compute that an estimate is asked for. */
export interface Capacity {
  readonly tokensPerSecond: number;
  /** Absent: as many as have work at once. */
  readonly volunteers?: number;
}

export interface CapacityErrors {
  readonly speed?: string;
  readonly volunteers?: string;
}

/** The capacity as typed; null when something is wrong with it, which is then said at its field. */
export function capacityOf(
  speed: string,
  volunteers: string,
): { readonly capacity: Capacity | null; readonly errors: CapacityErrors } {
  const tokensPerSecond = Number(speed);
  const count = Number(volunteers);
  const errors: CapacityErrors = {
    ...(tokensPerSecond > 0 && tokensPerSecond <= 1e9 ? {} : { speed: 'A number above 0.' }),
    ...(volunteers.trim() === '' || (Number.isInteger(count) && count >= 1 && count <= 1e6)
      ? {}
      : { volunteers: 'A whole number of at least 1, or nothing.' }),
  };
  if (errors.speed !== undefined || errors.volunteers !== undefined) return { capacity: null, errors };
  return { capacity: { tokensPerSecond, ...(volunteers.trim() === '' ? {} : { volunteers: count }) }, errors };
}
