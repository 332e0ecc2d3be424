import type { SwarmEvent, SwarmState, stepSwarm } from '../../swarm/mind.ts';
import type { Plant } from './plant.ts';

type Step = typeof stepSwarm;

/** Does something to the state after each step, or before it. */
const meddling =
  (meddle: (state: SwarmState, event: SwarmEvent) => void, when: 'before' | 'after') =>
  (step: Step): Step =>
  (state, event) => {
    if (when === 'before') meddle(state, event);
    const commands = step(state, event);
    if (when === 'after') meddle(state, event);
    return commands;
  };

const deafTo =
  (type: SwarmEvent['type']) =>
  (step: Step): Step =>
  (state, event) =>
    event.type === type ? [] : step(state, event);

/** Mistakes of the swarm's mind. */
export const swarm: Readonly<Record<string, Plant>> = {
  'trusted-liar': {
    mistake: 'a peer that sent wrong bytes is asked again',
    breaks: /^the swarm of v\d+ asks v\d+, who sent wrong bytes/,
    swarm: meddling((state, event) => {
      if (event.type === 'Corrupted') state.shunned.delete(event.peer);
    }, 'after'),
  },
  'dead-peer': {
    mistake: 'a peer whose link died is waited for',
    breaks: /^the swarm of v\d+ waits for v\d+, whose link died/,
    swarm: deafTo('Failed'),
  },
  'endless-patience': {
    mistake: 'a peer that says nothing is waited for as long as it likes',
    breaks: /^the swarm of v\d+ waits for \w+, silent for too long/,
    swarm: deafTo('Ticked'),
  },
  'no-rest': {
    mistake: 'a peer that failed is asked again at once',
    breaks: /^the swarm of v\d+ asks v\d+, who failed a moment ago/,
    swarm: meddling(({ shunned }) => {
      for (const [peer, { until }] of shunned) if (Number.isFinite(until)) shunned.delete(peer);
    }, 'after'),
  },
  'third-peer': {
    mistake: 'one peer after the other is asked, however many fail',
    breaks: /^the swarm of v\d+ asks 3 peers for one blob/,
    swarm: meddling(({ fetches }) => {
      for (const { tried } of fetches.values()) tried.splice(0, tried.length - 1);
    }, 'before'),
  },
  'lost-want': {
    mistake: 'a blob that no peer has is asked for of nobody',
    breaks: /^the swarm of v\d+ forgets a blob that it wants/,
    swarm: (step) => (state, event) => step(state, event).filter(({ type }) => type !== 'GiveUp'),
  },
};
