import type { JudgedAnswer, JudgedPair } from './pair-judgement.js';

/** An answer that somebody liked, or did not. */
export interface JudgedThumb {
  prompt: string;
  answer: JudgedAnswer;
  desirable: boolean;
}

/**
 * Liked answers beside disliked ones, each used once, in their order; what one side has more of is left over, and so is what a prompt has
 * more of than one on a side. A version that has learnt the taste moves towards the one more than towards the other, whatever the prompts:
 * for independent votes none may count twice.
 */
export function matchThumbs(thumbs: readonly JudgedThumb[]): JudgedPair[] {
  const worse = oneAPrompt(thumbs.filter(({ desirable }) => !desirable));
  return oneAPrompt(thumbs.filter(({ desirable }) => desirable))
    .slice(0, worse.length)
    .map(({ prompt, answer }, index) => ({ prompt, better: answer, worse: worse[index]?.answer ?? answer }));
}

function oneAPrompt(thumbs: readonly JudgedThumb[]): JudgedThumb[] {
  const seen = new Set<string>();
  return thumbs.filter(({ prompt }) => !seen.has(prompt) && seen.add(prompt));
}
