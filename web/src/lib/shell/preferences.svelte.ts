/** What a person prefers on this device: colour scheme, sidebar, what is open in it. Kept in the browser, since another device may want otherwise. */
import { createContext } from 'svelte';

export const schemes = ['system', 'light', 'dark'] as const;
export type Scheme = (typeof schemes)[number];

const schemeKey = 'attune.scheme';
const sidebarKey = 'attune.sidebar';
const adminGroupKey = 'attune.adminGroup';

export class Preferences {
  #scheme = $state<Scheme>(readScheme());
  #sidebarOpen = $state(localStorage.getItem(sidebarKey) !== 'closed');
  #adminGroup = $state(localStorage.getItem(adminGroupKey));

  get scheme(): Scheme {
    return this.#scheme;
  }

  set scheme(scheme: Scheme) {
    this.#scheme = scheme;
    if (scheme === 'system') {
      localStorage.removeItem(schemeKey);
      delete document.documentElement.dataset.scheme;
    } else {
      localStorage.setItem(schemeKey, scheme);
      document.documentElement.dataset.scheme = scheme;
    }
  }

  /** Wide pages only; a phone's drawer always starts closed. */
  get sidebarOpen(): boolean {
    return this.#sidebarOpen;
  }

  set sidebarOpen(open: boolean) {
    this.#sidebarOpen = open;
    localStorage.setItem(sidebarKey, open ? 'open' : 'closed');
  }

  /** The open group of the admin's pages; null when all are folded. */
  get adminGroup(): string | null {
    return this.#adminGroup;
  }

  set adminGroup(id: string | null) {
    this.#adminGroup = id;
    if (id === null) localStorage.removeItem(adminGroupKey);
    else localStorage.setItem(adminGroupKey, id);
  }
}

function readScheme(): Scheme {
  const stored = localStorage.getItem(schemeKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export const [usePreferences, providePreferences] = createContext<Preferences>();
