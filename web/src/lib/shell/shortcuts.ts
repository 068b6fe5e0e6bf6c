/** The keyboard's short ways: one table for the handler, the list under `?` and the palette. */
export const shortcuts = {
  palette: { keys: ['Mod', 'K'], code: 'KeyK', mod: true },
  newChat: { keys: ['Alt', 'N'], code: 'KeyN', alt: true },
  search: { keys: ['Alt', 'S'], code: 'KeyS', alt: true },
  sidebar: { keys: ['Alt', 'B'], code: 'KeyB', alt: true },
  tokenView: { keys: ['Alt', 'T'], code: 'KeyT', alt: true },
  copyLast: { keys: ['Alt', 'C'], code: 'KeyC', alt: true },
  thumbUp: { keys: ['+'], key: '+', outsideFields: true },
  thumbDown: { keys: ['-'], key: '-', outsideFields: true },
  voteLeft: { keys: ['1'], key: '1', outsideFields: true },
  voteRight: { keys: ['2'], key: '2', outsideFields: true },
  voteTie: { keys: ['0'], key: '0', outsideFields: true },
  voteBothBad: { keys: ['X'], key: 'x', outsideFields: true },
  help: { keys: ['?'], key: '?', outsideFields: true },
  focusComposer: { keys: ['/'], key: '/', outsideFields: true },
  stop: { keys: ['Esc'], key: 'Escape', outsideFields: true },
  leaveField: { keys: ['Esc'], key: 'Escape' },
  editLast: { keys: ['↑'] },
  send: { keys: ['Enter'] },
  newLine: { keys: ['Shift', 'Enter'] },
} as const satisfies Record<string, Shortcut>;

interface Shortcut {
  /** As shown; `Mod` is Ctrl, or ⌘ on a Mac. */
  keys: readonly string[];
  /** Place of the key on the keyboard, for letters with Alt, which types something else on a Mac. */
  code?: string;
  key?: string;
  mod?: true;
  alt?: true;
  /** Belongs to the field while something is being typed. */
  outsideFields?: true;
}
export type ShortcutName = keyof typeof shortcuts;

export const isMac = () => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** What Safari calls the key that an input method took, once the composition has ended. */
const takenByInputMethod = 229;

/** The key belongs to an input method: it chooses, takes or gives up what is being composed. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === takenByInputMethod;
}

/** Those without `code` and `key` belong to the field that they work in. */
export function matches(event: KeyboardEvent, name: ShortcutName): boolean {
  const shortcut: Shortcut = shortcuts[name];
  if (isComposing(event)) return false;
  // A key that is held says its one thing once; with Ctrl it would become the browser's.
  if (event.repeat && !shortcut.mod) return false;
  if (shortcut.code === undefined && shortcut.key === undefined) return false;
  if (shortcut.code !== undefined && event.code !== shortcut.code) return false;
  if (shortcut.key !== undefined && event.key !== shortcut.key) return false;
  if ((event.ctrlKey || event.metaKey) !== (shortcut.mod ?? false)) return false;
  if (event.altKey !== (shortcut.alt ?? false)) return false;
  // With Alt a Mac types a character.
  const isTyped = shortcut.outsideFields ?? (shortcut.alt && isMac());
  return !(isTyped && isField(event.target));
}

/** A dialog or a menu is open, which has keys of its own; a tip under the mouse has none. */
export const isLayerOpen = () =>
  document.querySelector('dialog[open], [popover]:popover-open:not([role=tooltip])') !== null;

export function shownKeys(name: ShortcutName): string[] {
  const mac = isMac();
  return shortcuts[name].keys.map((key) => {
    if (key === 'Mod') return mac ? '⌘' : 'Ctrl';
    return key === 'Alt' && mac ? '⌥' : key;
  });
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
