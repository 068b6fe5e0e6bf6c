/** KaTeX with its style sheet and fonts, in a chunk of its own. */
import katex from 'katex';
import 'katex/dist/katex.min.css';

/** Draws into the element; a formula that KaTeX cannot read stays as it was written. */
export function renderMath(element: HTMLElement, source: string, displayMode: boolean): void {
  try {
    katex.render(source, element, { displayMode, throwOnError: true, strict: 'ignore', maxExpand: 200 });
  } catch {
    element.textContent = source;
  }
}
