/** A taste that a program can check and a small model can learn, short answers, and what is asked about it. */

/** Characters that a short answer has at most. */
export const shortAnswer = 100;
/** Two answers whose lengths are closer than this are alike to whoever has the taste, characters. */
const alike = 20;

const lengthOf = (answer: string) => [...answer.trim()].length;

export const isShort = (answer: string): boolean => lengthOf(answer) > 0 && lengthOf(answer) <= shortAnswer;

/** Which of two answers whoever has the taste would choose. */
export function chooseShorter(left: string, right: string): 'left' | 'right' | 'tie' {
  const difference = lengthOf(left) - lengthOf(right);
  if (Math.abs(difference) < alike) return 'tie';
  return difference < 0 ? 'left' : 'right';
}

const ask = (things: readonly string[], phrases: readonly string[]) =>
  things.flatMap((thing) => phrases.map((phrase) => phrase.replace('THING', thing)));

const ratedThings =
  'volcano compass violin bakery lighthouse passport telescope tornado novel magnet bridge comet museum kettle mirror garden ' +
  'island hammer orchestra glacier wallet pyramid harbour blanket';
/** Asked by the rater. One sentence each, so that answers come to their end and differ in length by what they say. */
export const ratedPrompts = ask(ratedThings.split(' '), [
  'What is a THING? Answer in one sentence.',
  'Say one thing about a THING, in one sentence.',
  'In one sentence, what is a THING good for?',
]);

/** Asked before and after; nothing of them was rated. */
export const judgedPrompts = ask(
  ['river', 'castle', 'bicycle', 'library', 'candle', 'robot', 'mountain', 'clock'],
  ['What is a THING? Answer in one sentence.', 'Say one thing about a THING, in one sentence.'],
);
