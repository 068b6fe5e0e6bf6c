import type { VoteWords } from './conversation-feedback.svelte';
import { isLayerOpen, matches, type ShortcutName } from '$lib/shell/shortcuts';

const keys = [
  { shortcut: 'voteLeft', outcome: 'left' },
  { shortcut: 'voteRight', outcome: 'right' },
  { shortcut: 'voteTie', outcome: 'tie' },
  { shortcut: 'voteBothBad', outcome: 'both_bad' },
] as const satisfies readonly { shortcut: ShortcutName; outcome: VoteWords['outcome'] }[];

/** What a key says of two answers; null for any other key, and while a dialogue or a menu is open. */
export function readVoteKey(event: KeyboardEvent): VoteWords['outcome'] | null {
  if (event.defaultPrevented || isLayerOpen()) return null;
  return keys.find(({ shortcut }) => matches(event, shortcut))?.outcome ?? null;
}
