/** Redis channels of the model shelf. Each only hastens what Postgres says too: a listener that misses one reads the rows later. */

/** Ids of downloads to cancel. */
export const downloadCancelChannel = 'attune:download:cancel';
/** Published, with no content, when models or versions came, went or changed places. */
export const modelsChangedChannel = 'attune:models:changed';
