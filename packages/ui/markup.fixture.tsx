import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

/** What a page shows of an element at first, as HTML without tags: texts, one after another. */
export const textOf = (element: ReactNode): string => renderToStaticMarkup(element).replaceAll(/<[^>]*>/g, ' ');
