/** Who is believed about a figure. */
export const believed = (confirmed: boolean): string =>
  confirmed ? 'confirmed by two volunteers' : 'told by one volunteer alone';
