import type { Call, Plan } from '../../plan/types.ts';

/** A call, and whether its last input is one to be added to the output `takesAddend` of its form. */
export interface Step extends Call {
  readonly hasAddend: boolean;
}
export type FusedPlan = Omit<Plan, 'calls'> & { readonly calls: readonly Step[] };
