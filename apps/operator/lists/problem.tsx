import { sentenceOf } from '@pathfold/client/http';
import { Notice } from '@pathfold/ui/layout/notice';

/** Why the coordinator refused, in one sentence; nothing where it did not. */
export const Problem = ({ of: error }: { readonly of: unknown }) =>
  error ? <Notice tone="error" title={sentenceOf(error)} /> : null;
