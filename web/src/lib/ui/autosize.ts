import type { Attachment } from 'svelte/attachments';

/**
 * Lets a text area grow with its text, up to the height its style allows.
 *
 * @param text  read so that the height follows changes that no key made
 */
export function autosize(text: () => string): Attachment<HTMLTextAreaElement> {
  return (area) => {
    text();
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  };
}
