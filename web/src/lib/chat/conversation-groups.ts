import type { ConversationSummary } from '$contracts';

export const ages = ['today', 'yesterday', 'week', 'month', 'older'] as const;
export type Age = (typeof ages)[number];
export interface AgeGroup {
  age: Age;
  conversations: ConversationSummary[];
}

const dayMs = 86_400_000;

/** Groups conversations by the calendar day they were last talked in; groups without any are left out. Order is kept. */
export function groupByAge(conversations: readonly ConversationSummary[], now: Date): AgeGroup[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groups = new Map<Age, ConversationSummary[]>(ages.map((age) => [age, []]));
  for (const conversation of conversations) {
    groups.get(ageOf(Date.parse(conversation.updatedAt), midnight))?.push(conversation);
  }
  return [...groups]
    .map(([age, members]) => ({ age, conversations: members }))
    .filter((group) => group.conversations.length > 0);
}

function ageOf(time: number, midnight: number): Age {
  if (time >= midnight) return 'today';
  if (time >= midnight - dayMs) return 'yesterday';
  if (time >= midnight - 7 * dayMs) return 'week';
  return time >= midnight - 30 * dayMs ? 'month' : 'older';
}
