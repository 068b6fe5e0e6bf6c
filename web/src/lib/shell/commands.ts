import { goto } from '$app/navigation';
import type { Session } from '$lib/auth/session.svelte';
import type { I18n } from '$lib/i18n/i18n.svelte';
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
  const admin: Command[] = [
    { id: 'rounds', label: t.rounds.title, icon: 'cycle', run: () => void goto('/admin/rounds') },
    { id: 'datasets', label: t.datasets.title, icon: 'folder', run: () => void goto('/admin/datasets') },
    { id: 'prompts', label: t.prompts.title, icon: 'list', run: () => void goto('/admin/prompts') },
    { id: 'runs', label: t.runs.title, icon: 'bars', run: () => void goto('/admin/runs') },
    { id: 'newRun', label: t.runs.newRun, icon: 'plus', run: () => void goto('/admin/runs/new') },
    { id: 'models', label: t.models.title, icon: 'cube', run: () => void goto('/admin/models') },
    { id: 'feedback', label: t.review.title, icon: 'thumbUp', run: () => void goto('/admin/feedback') },
    {
      id: 'leaderboard',
      label: t.leaderboard.title,
      icon: 'bars',
      run: () => void goto('/admin/leaderboard'),
    },
    {
      id: 'comparisons',
      label: t.comparisonSettings.title,
      icon: 'columns',
      run: () => void goto('/admin/comparisons'),
    },
    { id: 'queues', label: t.queues.title, icon: 'columns', run: () => void goto('/admin/ratings') },
    { id: 'costs', label: t.costs.title, icon: 'coins', run: () => void goto('/admin/costs') },
    { id: 'people', label: t.people.title, icon: 'people', run: () => void goto('/admin/people') },
  ];
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
    ...(session.isAdmin ? admin : []),
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
