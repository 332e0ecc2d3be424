import type { Outcome } from './outcome.ts';
import type { Scenario } from './scenario.ts';

/** With all of its paths stopped early a run is over, however few rounds it has. */
export const isOver = ({ runs }: Scenario, { ended }: Outcome): boolean =>
  ended && runs[0]!.spec.earlyStopping !== null;
