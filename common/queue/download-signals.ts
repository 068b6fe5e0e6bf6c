/** Redis channel on which ids of downloads to cancel are published; the row's state says it to a worker that was not listening. */
export const downloadCancelChannel = 'attune:download:cancel';
