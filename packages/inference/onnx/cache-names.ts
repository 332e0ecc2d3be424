/** Names of the cache's inputs and outputs, as Hugging Face's tools name them. */
export const cacheNames = (block: number) => ({
  pastKey: `past_key_values.${block}.key`,
  pastValue: `past_key_values.${block}.value`,
  presentKey: `present.${block}.key`,
  presentValue: `present.${block}.value`,
});
