import type { StudyResource } from '@pathfold/protocol/study-spec';

interface Props {
  readonly here: NonNullable<StudyResource['here']>;
  readonly address: string;
}

/** The study's plot, in the colours of the scheme; its file has both. Where it would be too small to read, it scrolls sideways. */
export const Picture = ({ here, address }: Props) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
  <section aria-label="Picture" tabIndex={0} className="overflow-x-auto">
    <img
      src={address}
      alt={here.picture.alt}
      width={820}
      height={400}
      className="h-auto w-full min-w-[38rem] max-w-none rounded-sm"
    />
  </section>
);

/** The curves alone: what stands inside the frame that `packages/studies/plots.ts` draws. */
export const Glimpse = ({ here, address }: Props) => (
  <img
    src={`${address}#svgView(viewBox(70,46,480,300);preserveAspectRatio(none))`}
    alt={here.picture.alt}
    width={480}
    height={300}
    className="block h-36 w-full object-fill"
  />
);
