import { createIdentity, restoreIdentity } from '@pathfold/volunteer/connection/identity';

const KEY = 'pathfold.identity';

/** The identity of this visit, where the browser keeps none. */
let ofThisVisit: string | null = null;

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(file: string): void {
  try {
    localStorage.setItem(KEY, file);
  } catch {
    ofThisVisit = file;
  }
}

/** The identity of this browser, made at the first use. Answers the text of its file. */
export async function ownIdentity(): Promise<string> {
  const known = ofThisVisit ?? read();
  if (known !== null) return known;
  const { file } = await createIdentity();
  keep(file);
  return file;
}

/** Hands the identity to the person as a file. */
export async function saveIdentity(): Promise<void> {
  const url = URL.createObjectURL(new Blob([await ownIdentity()], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'pathfold-identity.json';
  link.click();
  URL.revokeObjectURL(url);
}

/** Takes the identity of a saved file in place of this browser's. Throws an Error with one sentence. */
export async function takeIdentity(file: File): Promise<void> {
  const { file: text } = await restoreIdentity(await file.text());
  keep(text);
}
