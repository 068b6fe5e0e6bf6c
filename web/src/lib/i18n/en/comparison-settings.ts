export const comparisonSettings = {
  title: 'Comparisons',
  lead: 'What is shown when two answers are compared without names, and how often the server asks for it.',
  candidates: 'What is compared',
  types: {
    seeds: 'The answering model with itself, with two seeds',
    challenger: 'The answering model with a challenger',
    pair: 'Any two versions',
  },
  challenger: 'Challenger',
  first: 'First version',
  second: 'Second version',
  share: 'Turns for which the server offers a comparison by itself',
  shareHint:
    'Only where what is said may be used for training. People can always ask for a comparison themselves, and can skip one.',
};
