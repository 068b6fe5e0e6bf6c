export const canary = {
  share: 'Share of new conversations, %',
  begin: 'Try out',
  change: 'Change share',
  withdraw: 'Withdraw',
  onTrial: (share: string, date: string) =>
    `On trial: answers ${share}% of the conversations begun since ${date}.`,
  answers: (count: number, shown: string) => `${shown} ${count === 1 ? 'answer' : 'answers'};`,
  thumbs: (rate: string, count: string, lower: string, upper: string) =>
    `${rate} of ${count} thumbs up (95 % interval ${lower} to ${upper})`,
  noThumbs: 'no thumbs yet',
  stayOn: (name: string) => `Stay on ${name}, whatever goes live`,
  follow: (name: string) => `Stay on ${name} no more`,
  gone: (name: string) => `${name}, on which you stayed, is gone: what is live answers.`,
};
