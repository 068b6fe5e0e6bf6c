export const tokens = {
  label: 'Tokens of this answer with their probabilities',
  none: 'No probabilities were recorded for this answer. Ask for another answer to see them.',
  rank: (rank: number) => `No. ${rank} of the model’s choices`,
  unranked: 'Not among the most likely',
  alternatives: 'What could have stood here',
  other: 'everything else',
  unlikely: 'unlikely',
  likely: 'certain',
  perplexity: (value: string) => `perplexity ${value}`,
  space: 'space',
  newline: 'new line',
  partial: 'part of a character',
};
