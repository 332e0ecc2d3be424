import type { SwarmEvent } from '../../swarm/events.ts';
import type { stepSwarm } from '../../swarm/mind.ts';
import type { SwarmState } from '../../swarm/peers.ts';
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
      if (event.type === 'PieceBad') state.shunned.delete(event.from);
    }, 'after'),
  },
  'dead-peer': {
    mistake: 'a peer whose link died is waited for',
    breaks: /^the swarm of v\d+ waits for v\d+, whose link died/,
    swarm: deafTo('LinkClosed'),
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
  'bad-piece': {
    mistake: 'a piece with another hash is kept',
    breaks: /^the swarm of v\d+ keeps a bad piece/,
    swarm: (step) => (state, event) =>
      step(state, event.type === 'PieceBad' ? { ...event, type: 'PieceArrived' } : event),
  },
  'lost-slice': {
    mistake: 'the slice that the coordinator dealt is never fetched',
    breaks: /^the swarm of v\d+ waits for a piece that it asked nobody for/,
    swarm: (step) => (state, event) =>
      step(state, event).filter(({ type }) => event.type !== 'PeersFound' || type !== 'AskCoordinator'),
  },
  'endless-endgame': {
    mistake: 'a piece that is long in coming is asked for at every tick',
    breaks: /^the swarm of v\d+ asks for a piece again and again/,
    swarm: meddling(({ fetches }) => {
      for (const { asked } of fetches.values())
        for (const sources of asked.values()) for (const second of [...sources.keys()].slice(1)) sources.delete(second);
    }, 'before'),
  },
  'lost-want': {
    mistake: 'a blob that has come is handed to nobody',
    breaks: /^the swarm of v\d+ forgets a blob that it wants/,
    swarm: (step) => (state, event) => step(state, event).filter(({ type }) => type !== 'Complete'),
  },
};
