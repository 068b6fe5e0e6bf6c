import type { Attachment } from 'svelte/attachments';
import { on } from 'svelte/events';

/**
 * Opens a dialog over the page. Whoever opened it takes it away; it never closes by itself and stays behind empty.
 * The focus goes back to where it was: the browser does that for a closed dialog, but this one is gone from the page by then.
 *
 * @param onclose  Escape, or a press beside it: one that begins inside, as of text that is being selected, is none
 */
export function modal(onclose: () => void): Attachment<HTMLDialogElement> {
  return (dialog) => {
    let isPressedBeside = false;
    const isBeside = (event: Event) => event.target === dialog;
    const listening = [
      on(dialog, 'pointerdown', (event) => (isPressedBeside = isBeside(event))),
      on(dialog, 'click', (event) => isPressedBeside && isBeside(event) && onclose()),
      on(dialog, 'cancel', (event) => {
        event.preventDefault();
        onclose();
      }),
    ];
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      for (const stop of listening) stop();
      dialog.close();
      if (document.activeElement === document.body && before instanceof HTMLElement)
        before.focus({ preventScroll: true });
    };
  };
}
