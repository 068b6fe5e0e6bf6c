import { goto } from '$app/navigation';
import type { Session } from '$lib/auth/session.svelte';
import type { I18n } from '$lib/i18n/i18n.svelte';
import { adminGroups } from './admin-pages';
import type { Preferences } from './preferences.svelte';
import type { Command, Shell } from './shell.svelte';
import { shownKeys } from './shortcuts';

interface Parts {
  i18n: I18n;
  session: Session;
  preferences: Preferences;
  shell: Shell;
  toggleSidebar: () => void;
}

/** The palette's commands that make sense on every page. */
export function generalCommands({ i18n, session, preferences, shell, toggleSidebar }: Parts): Command[] {
  const t = i18n.t;
  const adminPages = adminGroups
    .flatMap(({ pages }) => pages)
    .map(({ path, icon, title }) => ({ id: path, label: title(t), icon, run: () => void goto(path) }));
  const newRun: Command = {
    id: 'newRun',
    label: t.runs.newRun,
    icon: 'plus',
    run: () => void goto('/admin/runs/new'),
  };
  const rater: Command = {
    id: 'rate',
    label: t.rating.title,
    icon: 'check',
    run: () => void goto('/rate'),
  };
  return [
    {
      id: 'newChat',
      label: t.sidebar.newChat,
      icon: 'plus',
      keys: shownKeys('newChat'),
      run: () => void goto('/'),
    },
    {
      id: 'sidebar',
      label: t.shortcuts.sidebar,
      icon: 'sidebar',
      keys: shownKeys('sidebar'),
      run: toggleSidebar,
    },
    { id: 'ownFeedback', label: t.ownFeedback.title, icon: 'thumbUp', run: () => void goto('/feedback') },
    { id: 'account', label: t.account.title, icon: 'person', run: () => void goto('/account') },
    ...(session.mayRate ? [rater] : []),
    ...(session.isAdmin ? [...adminPages, newRun] : []),
    {
      id: 'scheme',
      label: t.palette.toggleScheme,
      icon: 'moon',
      run: () => (preferences.scheme = isDark(preferences) ? 'light' : 'dark'),
    },
    {
      id: 'language',
      label: t.palette.toggleLanguage,
      icon: 'language',
      run: () => void switchLanguage(i18n, session),
    },
    {
      id: 'shortcuts',
      label: t.palette.shortcuts,
      icon: 'keyboard',
      keys: shownKeys('help'),
      run: () => (shell.shortcutsOpen = true),
    },
  ];
}

async function switchLanguage(i18n: I18n, session: Session): Promise<void> {
  const locale = i18n.locale === 'en' ? 'zh' : 'en';
  await i18n.use(locale);
  // On this page the language has changed whatever the server says; the account follows when it can.
  await session.update({ locale }).catch(() => undefined);
}

function isDark({ scheme }: Preferences): boolean {
  return scheme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : scheme === 'dark';
}
