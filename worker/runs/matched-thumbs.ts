import type { JudgedAnswer, JudgedPair } from './pair-judgement.js';

/** An answer that somebody liked, or did not. */
export interface JudgedThumb {
  answer: JudgedAnswer;
  desirable: boolean;
}

/**
 * Liked answers beside disliked ones, each used once, in their order; what one side has more of is left over. A version that has learnt the
 * taste moves towards the one more than towards the other, whatever the prompts: for independent votes none may count twice.
 */
export function matchThumbs(thumbs: readonly JudgedThumb[]): JudgedPair[] {
  const said = (wanted: boolean) =>
    thumbs.filter(({ desirable }) => desirable === wanted).map(({ answer }) => answer);
  const worse = said(false);
  return said(true)
    .slice(0, worse.length)
    .map((better, index) => ({ better, worse: worse[index] ?? better }));
}
