export const rating = {
  title: 'Rate answers',
  lead: 'Two answers to the same message. Say which one is better; who wrote them stays hidden.',
  progress: (waiting: string, judged: string) => `${waiting} to judge · ${judged} judged so far`,
  prompt: 'What was asked',
  empty: 'There is nothing to judge now.',
  again: 'Look again',
  roles: { system: 'Instructions', user: 'Person', assistant: 'Model' },
};
