/** Parts of the state that events changed, and that so need decisions. */
export interface Touched {
  readonly runs: Set<string>;
  readonly volunteers: Set<string>;
  readonly leases: Set<string>;
}

export const nothingTouched = (): Touched => ({ runs: new Set(), volunteers: new Set(), leases: new Set() });
