/** What of the frame is open: drawer, palette, list of shortcuts; and the composer and search field that shortcuts lead to. */
import { createContext } from 'svelte';

const composerId = 'composer';

export class Shell {
  drawerOpen = $state(false);
  paletteOpen = $state(false);
  shortcutsOpen = $state(false);
  /** Commands of the page that is shown, offered by the palette. */
  pageCommands = $state.raw<readonly Command[]>([]);

  focusComposer(): void {
    focus(composerId);
  }

  /** The composer has the keyboard. */
  get isInComposer(): boolean {
    return document.activeElement?.id === composerId;
  }

  /** Gives single keys back to the page. */
  leaveComposer(): void {
    document.getElementById(composerId)?.blur();
  }

  /** The same, unless somebody has begun to write. */
  leaveEmptyComposer(): void {
    const field = document.getElementById(composerId);
    if (field instanceof HTMLTextAreaElement && field.value === '') field.blur();
  }

  focusSearch(): void {
    focus('conversation-search');
  }
}

export interface Command {
  id: string;
  label: string;
  icon: import('$lib/ui/Icon.svelte').IconName;
  keys?: readonly string[];
  run: () => void;
}

function focus(id: string): void {
  document.getElementById(id)?.focus();
}

export const [useShell, provideShell] = createContext<Shell>();
