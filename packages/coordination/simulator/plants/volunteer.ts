import type { Decision, VolunteerEvent } from '../../volunteer/events.ts';
import type { MindParts } from '../../volunteer/run-mind.ts';
import type { VolunteerState } from '../../volunteer/state.ts';
import type { Plant } from './plant.ts';

/** Does something to the state after an event was applied. */
const after =
  (meddle: (state: VolunteerState, event: VolunteerEvent) => void) =>
  (mind: MindParts): MindParts => ({
    ...mind,
    apply(state, event) {
      mind.apply(state, event);
      meddle(state, event);
    },
  });

/** Changes events before they are applied; null: they never come. */
const told =
  (change: (event: VolunteerEvent, state: VolunteerState) => VolunteerEvent | null) =>
  (mind: MindParts): MindParts => ({
    ...mind,
    apply(state, event) {
      const changed = change(event, state);
      if (changed) mind.apply(state, changed);
    },
  });

/** Leaves decisions out. */
const without =
  (isLeftOut: (decision: Decision, state: VolunteerState) => boolean) =>
  (mind: MindParts): MindParts => ({
    ...mind,
    plan: (state, now) => mind.plan(state, now).filter((decision) => !isLeftOut(decision, state)),
  });

const heard = <T extends string>(event: VolunteerEvent, type: T) =>
  event.type === 'Heard' && event.message.type === type ? event.message : null;

const isSettled = (event: VolunteerEvent, state: string): boolean =>
  event.type === 'Heard' && event.message.type === 'settled' && event.message.state === state;

/** Mistakes of the volunteer's mind. */
export const volunteer: Readonly<Record<string, Plant>> = {
  'forgotten-lease': {
    mistake: 'a volunteer forgets the lease that it was just given',
    breaks: /^v\d+ forgets the lease/,
    volunteer: after((state, event) => {
      if (heard(event, 'lease')) state.work = null;
    }),
  },
  'unheeded-welcome': {
    mistake: 'a volunteer does not give back what it is said to hold, and lost in a reload',
    breaks: /^v\d+ forgets the lease/,
    volunteer: told((event, state) => {
      const welcome = heard(event, 'welcome');
      return welcome?.type === 'welcome' && !state.work
        ? ({ ...event, message: { ...welcome, leases: [] } } as VolunteerEvent)
        : event;
    }),
  },
  'forgotten-return': {
    mistake: 'a volunteer forgets to give back work that failed',
    breaks: /^v\d+ forgets the lease/,
    volunteer: after((state, event) => {
      if (event.type === 'WorkFailed') state.returns = [];
    }),
  },
  'computed-again': {
    mistake: 'a volunteer computes a lease again when the message comes again',
    breaks: /^v\d+ computes l\d+ a second time/,
    volunteer: told((event, state) => {
      const lease = heard(event, 'lease');
      const isFree = !state.work && state.wish === 'running' && state.device.phase === 'ready';
      if (lease?.type === 'lease' && isFree) state.known = state.known.filter((known) => known !== lease.lease);
      return event;
    }),
  },
  'lost-contribution': {
    mistake: 'a volunteer forgets what it has computed',
    breaks: /^v\d+ forgets its contribution/,
    volunteer: after((state, event) => {
      if (event.type === 'WorkEnded') state.uploads = [];
    }),
  },
  'lost-in-reload': {
    mistake: 'contributions on the disk are not handed in after a reload',
    breaks: /^v\d+ forgets its contribution/,
    volunteer: told((event) => (event.type === 'UploadsRestored' ? { ...event, uploads: [] } : event)),
  },
  'handed-in-again': {
    mistake: 'a contribution that the coordinator has is handed in again',
    breaks: /^v\d+ hands in l\d+ again/,
    volunteer: told((event) => (event.type === 'UploadEnded' ? { ...event, type: 'UploadFailed', chance: 0 } : event)),
  },
  'handed-in-late': {
    mistake: 'a contribution is handed in though its lease was taken back',
    breaks: /^v\d+ hands in l\d+, which was taken back/,
    volunteer: after((state) => {
      for (const upload of state.uploads) upload.dropped = false;
    }),
  },
  'eager-ready': {
    mistake: 'a volunteer asks for work while its last contribution is not handed in',
    breaks: /^v\d+ asks for work while it has l\d+ in hand/,
    volunteer: (mind) => ({
      ...mind,
      plan(state, now) {
        const decided = mind.plan(state, now);
        if (decided.length > 0 || state.uploads.length === 0) return decided;
        return mind.plan({ ...state, uploads: [] }, now);
      },
    }),
  },
  'works-on': {
    mistake: 'a volunteer goes on with work that was taken back',
    breaks: /^v\d+ goes on with l\d+, which was taken back/,
    volunteer: without(({ type }, { work }) => type === 'WorkCut' && work?.lost === true),
  },
  unstoppable: {
    mistake: 'a volunteer computes on after its person said stop',
    breaks: /^v\d+ computes l\d+ though it was stopped/,
    volunteer: without(({ type }, { wish }) => (type === 'WorkCut' || type === 'WorkKilled') && wish === 'stopped'),
  },
  'dead-link': {
    mistake: 'a volunteer waits for ever on a socket that says nothing',
    breaks: /^v\d+ waits on a link that died/,
    volunteer: without(({ type }, { wish }) => type === 'LinkCut' && wish !== 'stopped'),
  },
  'lasting-absence': {
    mistake: 'a volunteer does not connect again after its socket closed',
    breaks: /^v\d+ does not connect again/,
    volunteer: after((state, event) => {
      if (event.type === 'SocketClosed') state.link.retryAt = Number.POSITIVE_INFINITY;
    }),
  },
  'hasty-state': {
    mistake: "AdamW's moments count as soon as their contribution has arrived",
    breaks: /^v\d+ lets the state of l\d+ count, which is not accepted/,
    volunteer: after((state, event) => {
      if (event.type === 'Heard' && event.message.type === 'settled' && event.message.state === 'received')
        state.verdicts.push({ lease: event.message.lease, accepted: true });
    }),
  },
  'counted-twice': {
    mistake: "AdamW's moments count again when their contribution is folded",
    breaks: /^v\d+ lets the state of l\d+ count twice/,
    volunteer: after((state, event) => {
      if (event.type === 'Heard' && event.message.type === 'settled' && event.message.state === 'folded')
        state.verdicts.push({ lease: event.message.lease, accepted: true });
    }),
  },
  'refuted-state': {
    mistake: "AdamW's moments are kept though their contribution was rejected",
    breaks: /^v\d+ does not heed that the state of l\d+ is dropped/,
    volunteer: after((state, event) => {
      if (isSettled(event, 'rejected')) state.verdicts = [];
    }),
  },
};
