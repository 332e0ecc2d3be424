import { fnv1a } from '@pathfold/protocol/fnv';
import type { Outcome, SimulationPorts } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const isRepeated = ({ seed }: Scenario): boolean => seed % 100 === 0;

/** As `simulate`, but every hundredth seed is played twice, and must give the same log. Only the first is told. */
export function simulateRepeatably(scenario: Scenario, ports: SimulationPorts): Outcome {
  if (!isRepeated(scenario)) return simulate(scenario, ports);
  const play = (onLogged: SimulationPorts['onLogged']) => {
    let hash = fnv1a('');
    const outcome = simulate(scenario, {
      ...ports,
      onLogged(event) {
        hash = fnv1a(JSON.stringify(event), hash);
        onLogged?.(event);
      },
    });
    return { outcome, hash };
  };
  const { outcome, hash } = play(ports.onLogged);
  const again = play(() => {});
  if (again.hash === hash && again.outcome.events === outcome.events) return outcome;
  return { ...outcome, violation: 'the same seed gives another log' };
}
