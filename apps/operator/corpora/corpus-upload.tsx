import { Button } from '@pathfold/ui/controls/button';
import { Dialog } from '@pathfold/ui/controls/dialog';
import { TextField } from '@pathfold/ui/controls/field';
import { formatBytes, plural } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';
import { Progress } from '@pathfold/ui/layout/progress';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { client, KEYS, sentenceOf } from '../queries.ts';
import { BadLines } from './bad-lines.tsx';
import { formatOf } from './corpus-format.ts';

interface Chosen {
  readonly file: File;
  readonly name: string;
  readonly licence: string;
}

/** Uploads one file, tells how far it is, and then what was left out of it. Closing it breaks the upload off. */
export function CorpusUploadDialog({ onClose }: { onClose: () => void }) {
  const cache = useQueryClient();
  const stop = useRef(new AbortController());
  const [sentBytes, setSentBytes] = useState(0);
  const upload = useMutation({
    mutationFn: ({ file, name, licence }: Chosen) => {
      stop.current = new AbortController();
      return client.corpora.upload({
        name,
        licence,
        format: formatOf(file.name),
        body: file,
        onProgress: setSentBytes,
        signal: stop.current.signal,
      });
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: KEYS.corpora }),
  });
  useEffect(() => () => stop.current.abort(), []);
  const total = upload.variables?.file.size ?? 0;

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
          setSentBytes(0);
          upload.mutate({
            file: form.get('file') as File,
            name: String(form.get('name')),
            licence: String(form.get('licence')),
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
        {upload.error && <Notice tone="error" title={sentenceOf(upload.error)} />}
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
