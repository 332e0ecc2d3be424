import { KINDS } from '@pathfold/works/kinds';

/** What the coordinator's mind knows of the kinds of work. */
export const plans = await Promise.all(KINDS.flatMap((kind) => (kind.brief ? [] : [kind.plan()])));

/** What the coordinator knows of brief leases. There is one kind of them, for `ask` names none. */
export const briefPlan = await KINDS.find((kind) => kind.brief === true)!.plan();
