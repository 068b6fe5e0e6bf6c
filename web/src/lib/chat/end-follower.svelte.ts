/** Keeps the end of a growing transcript in view, unless its reader has moved away from it. */

/** Closer to the end than this counts as reading the end. */
const endPx = 56;

export class EndFollower {
  scroller = $state<HTMLElement>();
  #isShown = $state(true);
  #lastTop = 0;

  constructor(isShown: boolean) {
    this.#isShown = isShown;
  }

  /** The end is in view, and stays so. */
  get isShown(): boolean {
    return this.#isShown;
  }

  go(): void {
    this.#isShown = true;
    if (this.scroller) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  leave(): void {
    this.#isShown = false;
  }

  scrolled(): void {
    if (!this.scroller) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight < endPx) this.#isShown = true;
    // Growth alone moves the end away from the reader; only the reader moves up.
    else if (scrollTop < this.#lastTop - 1) this.#isShown = false;
    this.#lastTop = scrollTop;
  }

  /** Attached to the content: follows while it, or the viewport, changes size. */
  readonly followed = (content: HTMLElement): (() => void) => {
    const observer = new ResizeObserver(() => {
      if (this.#isShown) this.go();
    });
    observer.observe(content);
    if (content.parentElement) observer.observe(content.parentElement);
    return () => observer.disconnect();
  };
}
