export const leaderboard = {
  title: 'Leaderboard',
  lead: 'Model versions by blind comparisons in the chat and over the API.',
  battles: (count: number, shown: string) =>
    `${shown} ${count === 1 ? 'comparison' : 'comparisons'} of two different versions`,
  lengthControl: 'Length',
  asVoted: 'As voted',
  atEqualLength: 'At equal length',
  lengthHint: 'People tend to prefer the longer answer; at equal length, that preference is taken out.',
  ratings: 'Ratings',
  ratingsHint:
    'Bradley-Terry by maximum likelihood, ties half, 1000 in the mean; 400 points are odds of ten to one. The lines are 95 % intervals.',
  version: 'Version',
  rating: 'Rating',
  interval: '95 % interval',
  votes: 'Votes',
  from: (low: string, high: string) => `${low} to ${high}`,
  notEnough: 'not enough votes',
  notEnoughHint: (least: number) => `Below ${least} votes a version is not ranked.`,
  regularised:
    'Some versions never met, or one only ever won: how far they are apart is a guess until more votes are in.',
  wins: 'Who beats whom',
  winsHint:
    'Share of their comparisons that the version of the row won against that of the column, ties half.',
  never: 'never compared',
  none: 'No comparison of two versions yet. They are offered in the chat, and asked for there.',
};
