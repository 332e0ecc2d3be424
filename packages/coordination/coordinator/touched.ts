/** What events changed, and so what there is to decide about. */
export interface Touched {
  readonly runs: Set<string>;
  readonly volunteers: Set<string>;
  readonly leases: Set<string>;
}

export const nothingTouched = (): Touched => ({ runs: new Set(), volunteers: new Set(), leases: new Set() });
