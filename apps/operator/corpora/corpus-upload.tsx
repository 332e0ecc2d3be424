import { Button } from '@pathfold/ui/controls/button';
import { Dialog } from '@pathfold/ui/controls/dialog';
import { TextField } from '@pathfold/ui/controls/field';
import { formatBytes, plural } from '@pathfold/ui/formats';
import { Progress } from '@pathfold/ui/layout/progress';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../lists/problem.tsx';
import { useUpload } from './api.ts';
import { BadLines } from './bad-lines.tsx';
import { formatOf } from './corpus-format.ts';

/** Uploads one file, tells how far it is, and then what was left out of it. Closing it breaks the upload off. */
export function CorpusUploadDialog({ onClose }: { onClose: () => void }) {
  const stop = useRef(new AbortController());
  const [sentBytes, setSentBytes] = useState(0);
  const upload = useUpload();
  useEffect(() => () => stop.current.abort(), []);
  const total = upload.variables?.body.size ?? 0;

  if (upload.data)
    return (
      <Dialog title="Uploaded" onClose={onClose}>
        <div className="grid gap-3 text-sm">
          <p>
            “{upload.data.name}” holds {plural(upload.data.documentCount, 'document')},{' '}
            {formatBytes(upload.data.textBytes)} of text. It is being split now, into texts to train on and texts to
            score with.
          </p>
          <BadLines corpus={upload.data} />
          <Button className="justify-self-end" onClick={onClose}>
            Done
          </Button>
        </div>
      </Dialog>
    );

  return (
    <Dialog title="Upload a corpus" onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const file = form.get('file') as File;
          setSentBytes(0);
          stop.current = new AbortController();
          upload.mutate({
            name: String(form.get('name')),
            licence: String(form.get('licence')),
            format: formatOf(file.name),
            body: file,
            onProgress: setSentBytes,
            signal: stop.current.signal,
          });
        }}
      >
        <TextField
          label="File"
          hint="UTF-8: .txt, or .jsonl with {&quot;text&quot;, &quot;domain&quot;?} a line"
          name="file"
          type="file"
          accept=".txt,.jsonl"
          required
          className="py-2"
        />
        <TextField label="Name" name="name" required maxLength={80} />
        <TextField
          label="Licence of the texts"
          hint="Volunteers are told before they start."
          name="licence"
          required
          maxLength={200}
          defaultValue="unstated"
        />
        {upload.isPending && (
          <Progress
            label="Upload"
            value={sentBytes}
            max={total}
            text={
              sentBytes < total
                ? `${formatBytes(sentBytes)} of ${formatBytes(total)}`
                : 'Everything is sent; the coordinator reads it.'
            }
          />
        )}
        <Problem of={upload.error} />
        <div className="flex justify-end gap-3">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={upload.isPending}>
            Upload
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
