/** The sources of a figure. */
export const believed = (confirmed: boolean): string => (confirmed ? 'confirmed' : 'told by one stranger alone');
