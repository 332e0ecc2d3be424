import { useOrder } from '../lists/use-order.ts';
import { usePages } from '../lists/use-pages.ts';
import { client } from '../queries.ts';

const CORPORA = ['corpora'];

export const useCorpora = () => usePages(CORPORA, client.corpora.list);
export const useRemoval = (onSettled: () => void) => useOrder(CORPORA, client.corpora.remove, { onSettled });
export const useUpload = () => useOrder(CORPORA, client.corpora.upload);
