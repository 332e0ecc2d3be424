import type { ReactNode } from 'react';

/** One figure with its name: a term and its description inside `Stats`. */
export function Stat({ label, value, detail }: { label: string; value: ReactNode; detail?: ReactNode }) {
  return (
    <div className="min-w-0 border-line border-l pl-3">
      <dt className="text-soft text-xs">{label}</dt>
      <dd className="figure mt-0.5 break-words text-lg">{value}</dd>
      {detail && <dd className="mt-0.5 text-soft text-xs">{detail}</dd>}
    </div>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[repeat(auto-fit,minmax(7rem,1fr))] gap-x-4 gap-y-4">{children}</dl>;
}
