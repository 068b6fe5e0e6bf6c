/**
 * Reads again what an act has changed. The act is done, whether or not this succeeds: a failure that was told as the act's own would have
 * it done twice.
 */
export async function refresh(reading: Promise<unknown>): Promise<void> {
  await reading.catch(() => undefined);
}
