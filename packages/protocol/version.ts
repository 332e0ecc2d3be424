/** The protocol versions that this build speaks. An older page is told to reload. */
export const PROTOCOL_MIN = 1;
export const PROTOCOL_MAX = 3;
/** The first version in which volunteers answer prompts. */
export const ANSWERING_VERSION = 2;
/** The first version in which volunteers say why they compute on what they do. */
export const REASONS_VERSION = 3;
