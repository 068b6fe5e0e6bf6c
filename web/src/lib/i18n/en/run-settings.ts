import type { FieldWords } from '$lib/forms/schema-field';

/** Words of a run's settings by their path. In English they come with the schema itself, so that nothing is said twice. */
export const runSettings: Readonly<Record<string, FieldWords>> = {};
