/** The process that scores: holds one reward model at a time, the one that was asked for last. Ends with its parent. */
import { AppError } from '../../common/contracts/errors.js';
import { RewardScorer } from '../runs/reward-scorer.js';
import { scoreQuestionSchema, type ScoreQuestion, type ScoreReply } from './score-messages.js';

let held: { key: string; scorer: RewardScorer } | null = null;
let last = Promise.resolve();

process.on('disconnect', () => process.exit());
// Questions may come at any time. What the launcher preloads into a program, and a program into this, has let the channel go.
process.channel?.ref();
process.on('SIGINT', () => {});
process.on('message', (message) => {
  const question = scoreQuestionSchema.parse(message);
  last = last.then(async () => {
    process.send?.(await reply(question));
  });
});

async function reply({ id, source, prompts }: ScoreQuestion): Promise<ScoreReply> {
  try {
    const scorer = await hold(source);
    return { type: 'scores', id, scores: await scorer.score(prompts) };
  } catch (error) {
    const told =
      error instanceof AppError
        ? error
        : new AppError('REWARD_SCORER_CRASHED', { how: String(error) }, error);
    return { type: 'failed', id, error: told.toBody() };
  }
}

async function hold(source: ScoreQuestion['source']): Promise<RewardScorer> {
  const key = JSON.stringify(source);
  if (held?.key === key) return held.scorer;
  held?.scorer[Symbol.dispose]();
  held = null;
  const scorer = await RewardScorer.open(source);
  held = { key, scorer };
  return scorer;
}
