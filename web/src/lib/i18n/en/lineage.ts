const states: Record<string, string> = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'judged',
  failed: 'failed',
};
const kinds: Record<string, string> = {
  promotion: 'Put live',
  forced: 'Put live by force',
  rollback: 'Brought back',
};

export const lineage = {
  graph: 'Where it comes from',
  facts: 'What it is made of',
  card: 'Model card',
  show: 'Lineage and model card',
  types: {
    base: 'Base',
    version: 'Version',
    dataset: 'Dataset',
    run: 'Run',
    evaluation: 'Evaluation',
    promotion: 'Promotion',
  },
  states,
  kinds,
  against: (name: string) => `against ${name}`,
  somebody: 'an account that is gone',
  gone: 'deleted',
  base: 'Base',
  began: 'Began as',
  method: 'Method',
  seed: 'Seed',
  code: 'Code version',
  source: 'Source',
  licence: 'Licence',
  baseHash: 'Base, SHA-256',
  startHash: 'Starting adapter, SHA-256',
  dataHash: 'Data, SHA-256',
  heldOutHash: 'Held-out data, SHA-256',
  templateHash: 'Chat template, SHA-256',
  settings: 'All parameters',
  feedback: 'Feedback in it',
  noFeedback: 'It has learnt from no feedback.',
  learnt: (count: number, shown: string) =>
    `It learnt from ${shown} ${count === 1 ? 'act' : 'acts'} of feedback.`,
  allCounted: (count: number): string => (count === 1 ? 'It still counts.' : 'All of them still count.'),
  counted: (count: number, shown: string) =>
    count === 0
      ? 'None of it counts any more: it was changed or taken back since.'
      : `${shown} of them still ${count === 1 ? 'counts' : 'count'}; the rest was changed or taken back since.`,
  erased: (count: number, shown: string) =>
    `${shown} more ${count === 1 ? 'has' : 'have'} been erased since: train it anew.`,
  showFeedback: 'Show this feedback',
  learners: 'Learnt by',
  noLearner: 'No version has learnt from it.',
};
