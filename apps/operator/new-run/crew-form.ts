/** Who an estimate is asked for. */
export interface Crew {
  readonly tokensPerSecond: number;
  /** Absent: as many as have work at once. */
  readonly volunteers?: number;
}

export interface CrewErrors {
  readonly speed?: string;
  readonly volunteers?: string;
}

/** The crew as typed; null when something is wrong with it, which is then said at its field. */
export function crewOf(speed: string, volunteers: string): { readonly crew: Crew | null; readonly errors: CrewErrors } {
  const tokensPerSecond = Number(speed);
  const count = Number(volunteers);
  const errors: CrewErrors = {
    ...(tokensPerSecond > 0 && tokensPerSecond <= 1e9 ? {} : { speed: 'A number above 0.' }),
    ...(volunteers.trim() === '' || (Number.isInteger(count) && count >= 1 && count <= 1e6)
      ? {}
      : { volunteers: 'A whole number of at least 1, or nothing.' }),
  };
  if (errors.speed !== undefined || errors.volunteers !== undefined) return { crew: null, errors };
  return { crew: { tokensPerSecond, ...(volunteers.trim() === '' ? {} : { volunteers: count }) }, errors };
}
