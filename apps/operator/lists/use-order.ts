import { useMutation, useQueryClient } from '@tanstack/react-query';

/** Gives an order to the coordinator; the list that it changes is read again before it counts as done. */
export function useOrder<Asked, Answer>(
  list: readonly string[],
  give: (asked: Asked) => Promise<Answer>,
  { onDone, onSettled }: { readonly onDone?: (answer: Answer) => void; readonly onSettled?: () => void } = {},
) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: give,
    async onSuccess(answer) {
      await cache.invalidateQueries({ queryKey: list });
      onDone?.(answer);
    },
    onSettled: () => onSettled?.(),
  });
}
