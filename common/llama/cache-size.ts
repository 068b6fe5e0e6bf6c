/** How large a model's key-value cache is, from the metadata of its file. */

/**
 * @param read  a number of the architecture's metadata, as `attention.head_count`; NaN where the file does not name it
 * @returns bytes that one token takes, keys and values of all layers in F16; 0 where the file does not tell
 */
export function cacheBytesPerToken(read: (key: string) => number): number {
  const heads = read('attention.head_count');
  const keyHeads = read('attention.head_count_kv') || heads;
  const keyLength = read('attention.key_length') || read('embedding_length') / heads;
  const valueLength = read('attention.value_length') || keyLength;
  const bytes = read('block_count') * keyHeads * (keyLength + valueLength) * 2;
  return Number.isFinite(bytes) ? bytes : 0;
}
