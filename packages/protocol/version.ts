/** The protocol versions that this build speaks. An older page is told to reload. */
export const PROTOCOL_MIN = 4;
export const PROTOCOL_MAX = 4;
