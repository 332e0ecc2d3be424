import type { ReactNode } from 'react';

/** Nothing here yet, why, and what would change that. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="grid justify-items-start gap-2 rounded-sm border border-edge border-dashed px-5 py-6">
      <p className="font-semibold">{title}</p>
      {children && <div className="max-w-prose text-soft text-sm">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
