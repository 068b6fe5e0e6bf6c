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
  asksUnsure: 'Ask about what the reward model is least sure of',
  asksUnsureHint:
    'Where the model has one: it scores both answers, and where it is surer than usual its better answer stays and nobody is asked.',
  shareHint:
    'Only where what is said may be used for training. People can always ask for a comparison themselves, and can skip one.',
};
