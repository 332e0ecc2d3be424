import { useOrder } from '../lists/use-order.ts';
import { usePages } from '../lists/use-pages.ts';
import { client } from '../queries.ts';

const VOLUNTEERS = ['volunteers'];

/** Everyone who ever took part: for operators only. */
export const useEveryone = (operator: boolean) => usePages(VOLUNTEERS, client.volunteers.list, { enabled: operator });
export const useBan = (onSettled: () => void) => useOrder(VOLUNTEERS, client.volunteers.ban, { onSettled });
