import { noteIdle, watch } from './memory.ts';
import { disconnect, type Handlers, touchVolunteer } from './scene.ts';
import type { VolunteerRecord } from './state.ts';

const newVolunteer = (id: string, at: number): VolunteerRecord => ({
  id,
  name: '',
  agent: 'node',
  origin: null,
  connected: false,
  lends: false,
  wantsWork: false,
  banned: false,
  executor: null,
  memoryBytes: 0,
  prefers: null,
  tokensPerSecond: 0,
  isMeasured: false,
  lease: null,
  paths: {},
  grantCount: 0,
  credit: 0,
  credits: {},
  acceptedCount: 0,
  rejectedCount: 0,
  seenAt: at,
});

export const volunteerHandlers: Handlers<
  'VolunteerJoined' | 'VolunteerReady' | 'VolunteerAway' | 'VolunteerLost' | 'VolunteerBanned'
> = {
  VolunteerJoined(scene, event) {
    const { state, memory, at, silenceMs } = scene;
    const account = state.forgotten?.[event.volunteer];
    if (account) {
      delete state.forgotten![event.volunteer];
      memory.forgotten--;
    }
    const volunteer = state.volunteers[event.volunteer] ?? { ...newVolunteer(event.volunteer, at), ...account };
    state.volunteers[event.volunteer] = volunteer;
    memory.absent.delete(volunteer.id);
    volunteer.lends = false;
    volunteer.wantsWork = false;
    noteIdle(memory, volunteer);
    volunteer.name = event.name;
    volunteer.agent = event.agent;
    volunteer.origin = event.origin ?? null;
    if (event.trusted) volunteer.trusted = true;
    else delete volunteer.trusted;
    volunteer.connected = true;
    volunteer.seenAt = at;
    watch(memory, volunteer.id, at + silenceMs);
  },

  VolunteerReady(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer?.connected) return;
    volunteer.seenAt = scene.at;
    volunteer.wantsWork = true;
    volunteer.lends = true;
    if (volunteer.executor?.name !== event.executor.name) volunteer.isMeasured = false;
    if (!volunteer.isMeasured) volunteer.tokensPerSecond = event.executor.tokensPerSecond;
    volunteer.executor = event.executor;
    volunteer.memoryBytes = event.memoryBytes;
    volunteer.prefers = event.prefers ?? null;
    if (event.line) volunteer.line = event.line;
    else delete volunteer.line;
    noteIdle(scene.memory, volunteer);
  },

  VolunteerAway(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer) return;
    volunteer.seenAt = scene.at;
    volunteer.wantsWork = false;
    volunteer.lends = false;
    noteIdle(scene.memory, volunteer);
  },

  VolunteerLost(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (volunteer) disconnect(scene, volunteer);
  },

  VolunteerBanned(scene, event) {
    const { state, memory, at } = scene;
    const volunteer = state.volunteers[event.volunteer] ?? newVolunteer(event.volunteer, at);
    state.volunteers[event.volunteer] = volunteer;
    volunteer.banned = true;
    memory.absent.delete(volunteer.id);
    volunteer.wantsWork = false;
    noteIdle(memory, volunteer);
    scene.touched.volunteers.add(event.volunteer);
  },
};
