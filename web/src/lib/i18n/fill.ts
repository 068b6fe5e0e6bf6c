import type { ErrorDetails } from '$contracts';

/** Words for the values of a detail, by the detail's name and the value. */
export type DetailWords = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface DetailLanguage {
  /** Said in the place of values that are words of another language. */
  words?: DetailWords;
  /** Stands between the values of a list. */
  between?: string;
}

/**
 * Puts details into the places of an error's text.
 *
 * @returns null where there is no text, or a detail that it names is missing
 */
export function fill(
  template: string | undefined,
  details: ErrorDetails,
  { words = {}, between = '; ' }: DetailLanguage = {},
): string | null {
  const names = template?.match(/(?<=\{)\w+(?=\})/g) ?? [];
  if (template === undefined || names.some((name) => details[name] === undefined)) return null;
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    [details[name]]
      .flat()
      .map((value) => words[name]?.[String(value)] ?? value)
      .join(between),
  );
}
