import type { CoordinatorEvent } from '../events.ts';
import { briefLeaseHandlers } from './apply-brief-leases.ts';
import { checkpointHandlers } from './apply-checkpoints.ts';
import { leaseHandlers } from './apply-leases.ts';
import { runHandlers } from './apply-runs.ts';
import { volunteerHandlers } from './apply-volunteers.ts';
import type { Handlers, Scene } from './scene.ts';

const handlers: Handlers<CoordinatorEvent['type']> = {
  ...runHandlers,
  ...checkpointHandlers,
  ...volunteerHandlers,
  ...leaseHandlers,
  ...briefLeaseHandlers,
};

/** Brings an event into the state. An event that no longer fits (a late upload, a second end) changes nothing. */
export function applyEvent(scene: Omit<Scene, 'at'>, event: CoordinatorEvent): void {
  const at = Math.max(event.at, scene.state.now);
  const handle = handlers[event.type] as (scene: Scene, event: CoordinatorEvent) => void;
  handle({ ...scene, at }, event);
  scene.state.now = at;
}
