import type { ValueTransformer } from 'typeorm';

/** A bigint column as a number: pg hands bigints out as text, and sizes in bytes stay below 2^53. Null and the column's default pass. */
export const safeInteger: ValueTransformer = {
  to: (value: number | null | undefined) => value?.toString() ?? value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
