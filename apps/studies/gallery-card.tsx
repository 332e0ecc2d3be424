import type { StudyResource } from '@pathfold/protocol/study-spec';
import { Glimpse } from './picture.tsx';
import { Seeds, Spread } from './spread.tsx';
import type { LiveStudy } from './use-gallery.ts';
import { Verdicts } from './verdicts.tsx';

interface Props {
  readonly study: StudyResource;
  readonly live: readonly LiveStudy[];
  /** Address of its picture. */
  readonly picture: string;
}

/** One paper in the gallery, which leads to its page: what was found here, what the paper found, how claims stand. */
export function GalleryCard({ study, live, picture }: Props) {
  const { name, title, question, here, paper, claims } = study;
  return (
    <li className="relative flex min-w-0 flex-col overflow-hidden rounded-md border border-line bg-face has-[a:hover]:border-edge has-[a:focus-visible]:border-signal">
      {here ? <Glimpse here={here} address={picture} /> : <Unmeasured />}
      <div className="flex flex-1 flex-col gap-2.5 border-line border-t px-4 py-3">
        <div className="flex flex-wrap items-baseline justify-between gap-x-3">
          <h2 className="font-semibold text-lg">
            <a href={`/studies/${name}`} className="underline-offset-4 after:absolute after:inset-0 hover:underline">
              {title}
            </a>
          </h2>
          {live.length > 0 && <Live live={live} />}
        </div>
        <p className="text-sm">{here ? here.found : question}</p>
        <p className="text-soft text-xs">{`The paper: ${paper.found}`}</p>
        <div className="mt-auto grid gap-2 pt-1">
          {here ? <Standing here={here} claims={claims} /> : <p className="text-soft text-xs">Nothing is claimed.</p>}
        </div>
      </div>
    </li>
  );
}

/** How sure the sentence is, and how all claims stand. */
function Standing({
  here,
  claims,
}: { readonly here: NonNullable<StudyResource['here']> } & Pick<StudyResource, 'claims'>) {
  const first = claims.find(({ id }) => id === here.findings[0]?.claim);
  return (
    <>
      {first && (
        <p className="flex items-center justify-between gap-3 text-xs">
          <span className="whitespace-nowrap text-soft">
            How sure <Seeds n={first.measured.n} />
          </span>
          <Spread claim={first} />
        </p>
      )}
      <Verdicts claims={claims} />
    </>
  );
}

const Unmeasured = () => (
  <div className="relative grid h-36 place-items-center bg-well">
    <svg viewBox="0 0 480 300" preserveAspectRatio="none" aria-hidden className="absolute inset-0 size-full">
      <path
        d="M30 40C120 200 220 240 450 250M30 90C160 180 260 205 450 190"
        className="fill-none stroke-2 stroke-line"
        strokeDasharray="8 8"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
    <p className="relative rounded-sm border border-edge border-dashed bg-face px-3 py-1 font-semibold text-sm">
      Not measured here yet
    </p>
  </div>
);

function Live({ live }: Pick<Props, 'live'>) {
  const [{ run }] = live as readonly [LiveStudy, ...LiveStudy[]];
  return (
    <span className="font-semibold text-signal text-xs">
      {run.state === 'training' ? `Live: round ${run.round}` : `A run: ${run.state}`}
    </span>
  );
}
