import { KINDS } from '@pathfold/works/kinds';

/** The kinds of work as the coordinator's mind uses them. */
export const plans = await Promise.all(KINDS.flatMap((kind) => (kind.brief ? [] : [kind.plan()])));

/** The kind of brief leases as the coordinator uses it. There is one, for `ask` names none. */
export const briefPlan = await KINDS.find((kind) => kind.brief === true)!.plan();
