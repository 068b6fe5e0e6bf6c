import type { FeedbackEffect } from '$contracts';
import type { Messages } from '$lib/i18n/messages';

/** What an act of feedback will be in the next dataset, as one line; that it will be nothing, where training is not allowed. */
export function toEffectWords(words: Messages['ratings'], effect: FeedbackEffect): string {
  if (!effect.isUsedForTraining) return words.notUsed;
  const parts = [
    effect.preferencePairs > 0 && words.pairs(effect.preferencePairs),
    effect.labelledAnswers > 0 && words.labelled(effect.labelledAnswers),
    effect.demonstrations > 0 && words.demonstrations(effect.demonstrations),
  ].filter((part) => part !== false);
  return parts.length === 0 ? words.noExample : words.inNextDataset(parts);
}
