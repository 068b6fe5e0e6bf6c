/** A name for a model that is to be fetched: that of its file. @returns the empty string for a source that names no file */
export function nameOfSource(source: string): string {
  const [withoutQuery = ''] = source.trim().split('?');
  const file = withoutQuery.split(/[/\\#:]/u).at(-1) ?? '';
  return file.replace(/\.gguf$/iu, '').slice(0, 100);
}
