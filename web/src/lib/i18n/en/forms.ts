import type { FormIssue } from '$lib/forms/schema-field';

export const forms = {
  /** In English it comes with the schema, so that nothing is said twice. */
  issue: ({ message }: FormIssue) => message,
};
