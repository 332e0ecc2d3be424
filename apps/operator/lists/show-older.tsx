import { Button } from '@pathfold/ui/controls/button';
import type { Pages } from './use-pages.ts';

/** At the end of a list that is shown in part: asks for older ones, until there are none. */
export function ShowOlder({ what = '', showOlder }: { readonly what?: string } & Pick<Pages<unknown>, 'showOlder'>) {
  if (!showOlder) return null;
  return (
    <Button size="small" className="mt-3 justify-self-start" onClick={showOlder}>
      Show older {what}
    </Button>
  );
}
