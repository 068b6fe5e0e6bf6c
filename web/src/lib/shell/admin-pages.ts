/** The pages for admins, in the groups that the sidebar folds; the palette offers them too. */
import type { Messages } from '$lib/i18n/messages';
import type { IconName } from '$lib/ui/Icon.svelte';

export interface AdminPage {
  path: string;
  icon: IconName;
  title: (t: Messages) => string;
}

export interface AdminGroup {
  id: keyof Messages['sidebar']['adminGroups'];
  pages: readonly AdminPage[];
}

export const adminGroups: readonly AdminGroup[] = [
  {
    id: 'learning',
    pages: [
      { path: '/admin/rounds', icon: 'cycle', title: (t) => t.rounds.title },
      { path: '/admin/datasets', icon: 'folder', title: (t) => t.datasets.title },
      { path: '/admin/prompts', icon: 'list', title: (t) => t.prompts.title },
      { path: '/admin/runs', icon: 'bars', title: (t) => t.runs.title },
      { path: '/admin/versions', icon: 'layers', title: (t) => t.versions.title },
    ],
  },
  {
    id: 'ratings',
    pages: [
      { path: '/admin/feedback', icon: 'thumbUp', title: (t) => t.review.title },
      { path: '/admin/leaderboard', icon: 'bars', title: (t) => t.leaderboard.title },
      { path: '/admin/comparisons', icon: 'columns', title: (t) => t.comparisonSettings.title },
      { path: '/admin/ratings', icon: 'columns', title: (t) => t.queues.title },
    ],
  },
  {
    id: 'system',
    pages: [
      { path: '/admin/models', icon: 'cube', title: (t) => t.models.title },
      { path: '/admin/costs', icon: 'coins', title: (t) => t.costs.title },
      { path: '/admin/people', icon: 'people', title: (t) => t.people.title },
    ],
  },
];

/** The group of a page, or of one below it (`/admin/runs/new`); null elsewhere. */
export function findAdminGroup(pathname: string): AdminGroup | null {
  const holds = ({ path }: AdminPage) => `${pathname}/`.startsWith(`${path}/`);
  return adminGroups.find(({ pages }) => pages.some(holds)) ?? null;
}
