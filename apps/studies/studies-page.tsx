import { createClient } from '@pathfold/client/client';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Notice } from '@pathfold/ui/layout/notice';
import { Page } from '@pathfold/ui/layout/page';
import { StudyCard } from './study-card.tsx';
import { useGallery } from './use-gallery.ts';

const client = createClient({ baseUrl: location.origin });

/** The gallery: papers, run again. */
export function StudiesPage() {
  const { value: gallery, away, problem } = useGallery(client);
  return (
    <Page current="Studies" away={away} wide>
      <h1 className="mb-4 font-semibold text-2xl">Papers, run again</h1>
      {problem && <Notice tone="error" title={problem} />}
      {gallery?.studies.length === 0 && (
        <EmptyState title="No studies are hung here">
          This coordinator ships none: docs/studies/gallery.json is empty.
        </EmptyState>
      )}
      {gallery ? (
        <div className="grid gap-4 lg:grid-cols-2">
          {gallery.studies.map((study) => (
            <StudyCard
              key={study.name}
              study={study}
              live={gallery.live.filter(({ run }) => run.study === study.name)}
            />
          ))}
        </div>
      ) : (
        <EmptyState title={away ? 'The coordinator does not answer' : 'Looking for studies'}>
          {away ? 'Studies are read again every two seconds; nothing has to be done.' : 'One moment.'}
        </EmptyState>
      )}
    </Page>
  );
}
