import { createClient } from '@pathfold/client/client';
import { type StudyResource, VERDICTS } from '@pathfold/protocol/study-spec';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Notice } from '@pathfold/ui/layout/notice';
import { Page } from '@pathfold/ui/layout/page';
import { useEffect } from 'react';
import { GalleryCard } from './gallery-card.tsx';
import { StudyView } from './study-view.tsx';
import { useGallery } from './use-gallery.ts';
import { countOf } from './verdicts.tsx';

const client = createClient({ baseUrl: location.origin });
/** The study that the address names: `/studies/NAME`. */
const asked = location.pathname.split('/')[2] || null;

/** The gallery: papers, run again; or the page of one of them. */
export function StudiesPage() {
  const { value: gallery, away, problem } = useGallery(client, asked);
  const study = gallery?.studies.find(({ name }) => name === asked);
  const liveOf = (name: string) => gallery!.live.filter(({ run }) => run.study === name);
  useEffect(() => {
    if (study) document.title = `Pathfold: ${study.title}`;
  }, [study]);
  return (
    <Page current="Studies" away={away} wide>
      {asked === null ? (
        <h1 className="mb-2 font-semibold text-2xl">Papers, run again</h1>
      ) : (
        <p className="mb-3 text-sm">
          <a href="/studies" className="underline underline-offset-2">
            All studies
          </a>
        </p>
      )}
      {problem && <Notice tone="error" title={problem} />}
      {!gallery && (
        <EmptyState title={away ? 'The coordinator does not answer' : 'Looking for studies'}>
          {away ? 'Studies are read again every two seconds; nothing has to be done.' : 'One moment.'}
        </EmptyState>
      )}
      {gallery?.studies.length === 0 && (
        <EmptyState title="No studies are hung here">
          This coordinator ships none: docs/studies/gallery.json is empty.
        </EmptyState>
      )}
      {gallery && asked !== null && !study && (
        <EmptyState title={`No study is called “${asked}” here`}>All studies has their names.</EmptyState>
      )}
      {study && <StudyView study={study} live={liveOf(study.name)} picture={client.studies.picture(study.name)} />}
      {gallery && asked === null && gallery.studies.length > 0 && (
        <>
          <p className="mb-5 text-soft">{summaryOf(gallery.studies)}</p>
          <ul className="grid gap-4 sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4">
            {gallery.studies.map((study) => (
              <GalleryCard
                key={study.name}
                study={study}
                live={liveOf(study.name)}
                picture={client.studies.picture(study.name)}
              />
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

function summaryOf(studies: readonly StudyResource[]): string {
  const claims = studies.flatMap((study) => study.claims);
  const here = studies.filter((study) => study.here).length;
  const [held, not, undecided, unmeasured] = VERDICTS.map((which) => countOf(claims, which));
  return `${studies.length} papers, ${here} of them computed here. Of ${claims.length} claims ${held} held, ${not} did not, ${undecided} stay undecided, ${unmeasured} are not measured.`;
}
