import { KINDS } from '@pathfold/works/kinds';

/** What the coordinator's mind knows of the kinds of work. */
export const plans = await Promise.all(KINDS.map((kind) => kind.plan()));
