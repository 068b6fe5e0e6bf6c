/** The first `length` UTF-16 units of a text, or one less: half of a character can be neither stored in JSON nor put into an address. */
export function cutText(text: string, length: number): string {
  return text.slice(0, length).replace(/\p{Surrogate}$/u, '');
}
