/** How the coordinator reads a file of this name: JSON lines, or one plain text. */
export const formatOf = (name: string): 'jsonl' | 'txt' => (name.toLowerCase().endsWith('.jsonl') ? 'jsonl' : 'txt');
