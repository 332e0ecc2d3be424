import { type Zippable, zipSync } from 'fflate';

/** Fixed, so that equal files make equal bytes. Zip dates begin here. */
const ZIP_DATE = new Date(1980, 0, 1);

export const zipped = (files: Zippable): Uint8Array => zipSync(files, { mtime: ZIP_DATE });

export const textFile = (text: string): Uint8Array => new TextEncoder().encode(text);

export const jsonFile = (value: unknown): Uint8Array => textFile(`${JSON.stringify(value, null, 2)}\n`);
