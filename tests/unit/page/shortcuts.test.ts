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

describe('a single key', () => {
  it('acts once however long it is held', () => {
    expect(matches(press('+'), 'thumbUp')).toBe(true);
    expect(matches(press('+', { repeat: true }), 'thumbUp')).toBe(false);
  });

  it('with Ctrl is kept from the browser while it is held', () => {
    const held = { code: 'KeyK', ctrlKey: true, repeat: true };
    expect(matches(press('k', held), 'palette')).toBe(true);
  });
});

describe('while something is being typed', () => {
  const target = new Element(true);

  it('Escape stops no answer', () => {
    expect(matches(press('Escape', { target }), 'stop')).toBe(false);
  });

  it('Alt and a letter is a shortcut, and on a Mac a character', () => {
    const withAlt = { target, code: 'KeyC', altKey: true };
    expect(matches(press('c', withAlt), 'copyLast')).toBe(true);
    vi.stubGlobal('navigator', { userAgent: 'Macintosh; Intel Mac OS X' });
    expect(matches(press('ç', withAlt), 'copyLast')).toBe(false);
    expect(matches(press('ç', { ...withAlt, target: page }), 'copyLast')).toBe(true);
  });
});
