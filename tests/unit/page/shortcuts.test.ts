/** Which key is a shortcut, and which belongs to somebody who is writing. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { isComposing, matches } from '../../../web/src/lib/shell/shortcuts.js';

class Element {
  constructor(private readonly isField: boolean) {}
  matches(): boolean {
    return this.isField;
  }
}
const page = new Element(false);

const press = (key: string, change: Partial<Record<keyof KeyboardEvent, unknown>> = {}) =>
  ({ key, target: page, ctrlKey: false, metaKey: false, altKey: false, ...change }) as KeyboardEvent;

beforeEach(() => {
  vi.stubGlobal('HTMLElement', Element);
  vi.stubGlobal('navigator', { userAgent: 'X11; Linux x86_64' });
  return () => vi.unstubAllGlobals();
});

describe('a key of an input method', () => {
  it.each([{ isComposing: true }, { keyCode: 229 }])('is no shortcut: %j', (change) => {
    expect(isComposing(press('Enter', change))).toBe(true);
    expect(matches(press('Escape', change), 'stop')).toBe(false);
    expect(matches(press('Escape'), 'stop')).toBe(true);
  });
});
