import type { ErrorDetails } from '$contracts';

/** Puts details into the places of an error's text. @returns null where there is no text, or a detail that it names is missing */
export function fill(template: string | undefined, details: ErrorDetails): string | null {
  const names = template?.match(/(?<=\{)\w+(?=\})/g) ?? [];
  if (template === undefined || names.some((name) => details[name] === undefined)) return null;
  return template.replace(/\{(\w+)\}/g, (_, name: string) => [details[name]].flat().join('; '));
}
