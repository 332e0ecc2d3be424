import { type Handlers, touchVolunteer } from './scene.ts';

/** The log has only the outcome of a brief lease: its credit, or that it failed. */
export const briefLeaseHandlers: Handlers<'BriefLeaseEnded'> = {
  BriefLeaseEnded(scene, { volunteer: id, run, credit, code }) {
    const volunteer = touchVolunteer(scene, id);
    if (!volunteer) return;
    volunteer.grantCount++;
    if (code !== null) {
      volunteer.rejectedCount++;
      return;
    }
    volunteer.acceptedCount++;
    volunteer.credit += credit;
    volunteer.credits[run] = (volunteer.credits[run] ?? 0) + credit;
  },
};
