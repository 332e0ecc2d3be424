import { Button } from '@pathfold/ui/controls/button';
import { Card } from '@pathfold/ui/layout/card';
import { Notice } from '@pathfold/ui/layout/notice';
import { useRef, useState } from 'react';
import { saveIdentity, takeIdentity } from './identity-file.ts';

/** The key pair that credit belongs to: it can be carried to another browser as a file. */
export function IdentityPanel({ volunteer, busy }: { volunteer: string | null; busy: boolean }) {
  const picker = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<{ text: string; wrong: boolean } | null>(null);
  const attempt = (work: Promise<void>, done: string) =>
    work.then(
      () => setSaid({ text: done, wrong: false }),
      (error: Error) => setSaid({ text: error.message, wrong: true }),
    );
  return (
    <Card title="Identity">
      <div className="grid gap-4">
        <p className="text-soft text-sm">
          Your credit belongs to a key that this browser keeps. Save it to go on elsewhere with the same credit; whoever
          has the file has the credit.
          {volunteer && (
            <>
              {' '}
              The coordinator knows you as <span className="figure break-all text-ink text-xs">{volunteer}</span>.
            </>
          )}
        </p>
        <div className="flex flex-wrap gap-3">
          <Button size="small" onClick={() => attempt(saveIdentity(), 'Saved.')}>
            Save identity
          </Button>
          <Button size="small" disabled={busy} onClick={() => picker.current?.click()}>
            Restore identity
          </Button>
        </div>
        <input
          ref={picker}
          type="file"
          accept="application/json,.json"
          aria-label="Identity file"
          className="hidden"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            event.target.value = '';
            if (file) attempt(takeIdentity(file), 'Restored. It counts from the next start.');
          }}
        />
        {busy && <p className="text-soft text-xs">Stop first to restore another identity.</p>}
        {said && (
          <Notice tone={said.wrong ? 'error' : 'plain'}>
            <p aria-live="polite">{said.text}</p>
          </Notice>
        )}
      </div>
    </Card>
  );
}
