import { companyOf } from '../coordinator/desk.ts';
import { isIdle } from '../coordinator/memory.ts';
import { bytesNeeded, hasRoom } from '../coordinator/room.ts';
import type { CoordinatorState } from '../coordinator/state.ts';
import type { WorkPlan } from '../work-plan.ts';
import { plansOf } from './kind.ts';
import { must } from './violation.ts';

/** So many of those who wait are asked about: of a crowd there are many, all alike. */
const ASKED = 3;

/** Nobody waits while there is work for him. Throws Violation. */
export function mustHaveNoIdle(state: CoordinatorState, plans: readonly WorkPlan<unknown>[], now: number): void {
  const company = companyOf(state, new Set(), 0);
  const idle = Object.values(state.volunteers).filter(isIdle).slice(0, ASKED);
  for (const { id, tokensPerSecond, memoryBytes, paths } of idle)
    for (const run of Object.values(state.runs)) {
      if (run.state !== 'training') continue;
      const facts = { id, tokensPerSecond, memoryBytes, path: paths[run.facts.id] ?? null };
      for (const plan of plansOf(run, plans)) {
        if (!hasRoom({ memoryBytes }, bytesNeeded(plan, run.facts))) continue;
        const task = plan.offer(run.works[plan.name], run.facts, facts, now, company);
        must(task === null, () => `${id} waits though there is ${task?.key}`);
      }
    }
}
