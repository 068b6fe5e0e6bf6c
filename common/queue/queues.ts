/** Names of the BullMQ queues; who adds to them and who works them. */
export const queueNames = {
  /** server -> worker/inference: answers. */
  generate: 'generate',
  /** server -> worker/inference: embeddings. */
  embed: 'embed',
  /** server -> worker/inference: answers to be scored by a reward model. */
  score: 'score',
  /** server -> worker/models: model files to obtain. */
  models: 'models',
  /** server -> worker/training: runs. */
  train: 'train',
  /** server -> worker/training: what is done beside a run. */
  trainingTasks: 'training-tasks',
} as const;

/** Finished jobs are of no use here: the outcome is in Postgres, and an in-memory Redis copies what it keeps. */
export const jobRetention = { removeOnComplete: 100, removeOnFail: 100 } as const;
/** Longest event stream that BullMQ keeps per queue. */
export const queueStreams = { events: { maxLen: 200 } } as const;
/** Of questions: the answer is in Redis alone, may be a megabyte, and goes with its job when it is read. What came too late is kept here. */
export const questionRetention = { removeOnComplete: 10, removeOnFail: 10 } as const;
/** Events hold the answers, too. */
export const questionStreams = { events: { maxLen: 20 } } as const;
/** For jobs whose id is used again: an ended one would swallow the next. */
export const endedJobsVanish = { removeOnComplete: true, removeOnFail: true } as const;
