import type { CorpusResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { formatBytes, formatCount } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Table } from '@pathfold/ui/layout/table';
import { useState } from 'react';
import { Asking } from '../lists/asking.tsx';
import { Problem } from '../lists/problem.tsx';
import { ShowOlder } from '../lists/show-older.tsx';
import type { Pages } from '../lists/use-pages.ts';
import { useRemoval } from './api.ts';
import { BadLines } from './bad-lines.tsx';
import { CorpusUploadDialog } from './corpus-upload.tsx';

function State({ corpus }: { corpus: CorpusResource }) {
  return (
    <div className="max-w-72">
      <p className={corpus.state === 'failed' ? 'font-semibold text-red' : undefined}>{corpus.state}</p>
      {corpus.reason && <p className="text-soft text-xs">{corpus.reason}</p>}
      <BadLines corpus={corpus} />
    </div>
  );
}

/** The texts that runs train on. */
export function Corpora({
  corpora,
  operator,
  showOlder,
}: {
  /** Undefined before the first answer. */
  readonly corpora: readonly CorpusResource[] | undefined;
  readonly operator: boolean;
} & Pick<Pages<unknown>, 'showOlder'>) {
  const [uploading, setUploading] = useState(false);
  const [asking, setAsking] = useState<CorpusResource | null>(null);
  const remove = useRemoval(() => setAsking(null));
  return (
    <Card
      title="Corpora"
      aside={
        operator && (
          <Button size="small" onClick={() => setUploading(true)}>
            Upload a corpus
          </Button>
        )
      }
    >
      <Problem of={remove.error} />
      {!corpora && <Asking />}
      {corpora?.length === 0 && (
        <EmptyState title="No texts yet">
          Upload a <code>.txt</code> file, or a <code>.jsonl</code> file with one <code>{'{"text": …}'}</code> a line.
        </EmptyState>
      )}
      {corpora && corpora.length > 0 && (
        <Table<CorpusResource>
          caption="All corpora"
          keyOf={(corpus) => corpus.id}
          rows={corpora}
          columns={[
            {
              name: 'Name',
              wraps: true,
              cell: (corpus) => (
                <div>
                  <p>{corpus.name}</p>
                  <p className="text-soft text-xs">{corpus.licence}</p>
                </div>
              ),
            },
            { name: 'State', wraps: true, cell: (corpus) => <State corpus={corpus} /> },
            { name: 'Documents', numeric: true, cell: (corpus) => formatCount(corpus.documentCount) },
            { name: 'Size', numeric: true, cell: (corpus) => formatBytes(corpus.textBytes) },
            { name: 'Domains', numeric: true, cell: (corpus) => formatCount(corpus.domains.length) },
            ...(operator
              ? [
                  {
                    name: 'Orders',
                    cell: (corpus: CorpusResource) => (
                      <Button
                        size="small"
                        tone="danger"
                        aria-label={`Delete ${corpus.name}`}
                        onClick={() => setAsking(corpus)}
                      >
                        Delete
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      <ShowOlder what="corpora" showOlder={showOlder} />
      {asking && (
        <Confirm
          title={`Delete “${asking.name}”?`}
          action="Delete this corpus"
          busy={remove.isPending}
          onConfirm={() => remove.mutate(asking.id)}
          onClose={() => setAsking(null)}
        >
          <p>Its texts are deleted. This cannot be taken back. A corpus that a run uses stays.</p>
        </Confirm>
      )}
      {uploading && <CorpusUploadDialog onClose={() => setUploading(false)} />}
    </Card>
  );
}
