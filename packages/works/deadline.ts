/** Part of the time to a deadline that the expected work may fill: estimates err, and blobs have to travel. */
export const DEADLINE_MARGIN = 0.6;
