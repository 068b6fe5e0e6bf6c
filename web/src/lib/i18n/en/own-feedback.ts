export const ownFeedback = {
  title: 'Your feedback',
  lead: 'What you said of answers, what became of it, and where to change it.',
  empty: 'Nothing yet. Rate an answer, compare two, or improve one: it will be listed here.',
  more: 'Show more',
  kinds: { pick: 'You went on from this answer', edit: 'You improved an answer' },
  outcomes: {
    left: 'The left one was better',
    right: 'The right one was better',
    tie: 'Both were equally good',
    both_bad: 'Both were bad',
  },
  changeTo: (what: string) => `Change to “${what}”`,
  gone: 'The answer was deleted.',
  live: (version: string) => `${version} learnt from this and is live`,
  learnt: (version: string) => `${version} learnt from this`,
};
