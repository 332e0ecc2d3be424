import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

/** The first rendering of an element as HTML without tags: its texts, one after another. */
export const textOf = (element: ReactNode): string => renderToStaticMarkup(element).replaceAll(/<[^>]*>/g, ' ');
