/** Which answers can be judged. A side of a comparison without names can once it is revealed: until then its provenance is not told. */
import type { Message } from '../../common/contracts/conversations.js';
import { AppError } from '../../common/contracts/errors.js';

/**
 * Is it what a model said, to its end or to where it was stopped? Provenance tells: a generation that failed has none, nor has a text that
 * was imported. A continuation that failed before it began leaves the answer to the generation that made it.
 */
export const isRateable = (message: Message): boolean =>
  !isRunning(message) && message.editedFromId === null && Boolean(message.generation?.provenance);

/** @throws AppError for an answer that nobody can judge yet (`FEEDBACK_ANSWER_RUNNING`), or ever (`FEEDBACK_NOT_RATEABLE`) */
export function assertRateable(message: Message): void {
  if (isRunning(message)) throw new AppError('FEEDBACK_ANSWER_RUNNING');
  if (!isRateable(message)) throw new AppError('FEEDBACK_NOT_RATEABLE');
}

const isRunning = ({ status }: Message) => status === 'queued' || status === 'streaming';
