/** Where one reward comes from. */
import type { ChatTurn } from '../../common/contracts/generation.js';

export interface AnsweredPrompt {
  turns: readonly ChatTurn[];
  answers: readonly string[];
}

export interface RewardSource extends Disposable {
  /** @returns `[prompt][answer]`; null, or what is no finite number, where it has nothing to say */
  score(prompts: readonly AnsweredPrompt[], signal: AbortSignal): Promise<(number | null)[][]>;
}
