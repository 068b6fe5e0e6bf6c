import { ApiError, type PageErrorCode } from '$lib/net/api';

/** A file that was refused: which of its lines, and why. */
export interface RefusedFile {
  fileName: string;
  count: number;
  problems: readonly string[];
}

/** @throws the error, when it is not the refusal with this code */
export function toRefusedFile(error: unknown, code: PageErrorCode, fileName: string): RefusedFile {
  if (!(error instanceof ApiError) || error.code !== code) throw error;
  const { count, problems } = error.details;
  return { fileName, count: Number(count), problems: Array.isArray(problems) ? problems.map(String) : [] };
}
