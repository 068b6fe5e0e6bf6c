/**
 * The circle with a real model, over the public interface of a whole installation: a scripted rater who likes short answers chats and
 * compares, the comparisons are frozen, a reward model and a version learn from them, the version is judged, goes live, and is taken back.
 * Told are the share of short answers at each point, the curves, and what the best of four costs.
 */
import type { Bench, BenchTable } from './bench.js';
import { CircleSteps, type DoneRun } from './circle-steps.js';
import { openStack } from './contenders.js';
import { ratedSampling, ScriptedRater, type TimedAnswer } from './scripted-rater.js';
import { isShort, judgedPrompts, ratedPrompts, shortAnswer } from './short-taste.js';
import { median, quantile } from './statistics.js';

const heldOutFraction = 0.25;
const answersEach = 3;
/** Of several answers in the chat, one is given. */
const bestOf = 4;
const chatsAtOnce = 4;
const rewardConfig = { kind: 'reward', batchSize: 8, epochs: 3, learningRate: 3e-4 };
const dpoConfig = { kind: 'dpo', batchSize: 4, epochs: 3, learningRate: 3e-4 };
/** Of a curve. */
const pointsShown = 8;

export const circle: Bench = {
  summary: 'from comparisons by a scripted rater to a better version, and back, with the model given',
  async run({ modelPath, say }) {
    const beganAt = performance.now();
    await using stack = await openStack(modelPath, { isEmbeddedOnly: false });
    const { people } = stack;
    const [rater, steps] = [await ScriptedRater.create(people), new CircleSteps(people)];
    const base = await steps.getLive();
    const answers = async () => rater.complete((await steps.getLive()).name, judgedPrompts, answersEach);

    say('what is live, before');
    const before = await answers();
    say(`${ratedPrompts.length} comparisons`);
    const clear = await rater.compare(ratedPrompts, chatsAtOnce);
    const dataset = await steps.freeze(heldOutFraction);
    say(`a reward run on ${dataset.train} pairs`);
    const reward = await steps.train(rewardConfig, dataset.id, base.id);
    say('best of several, in the chat');
    const chosen = await chooseAmong(rater, base.name);
    say('a DPO run');
    const dpo = await steps.train(dpoConfig, dataset.id, base.id);
    const candidateId = dpo.resultVersionId ?? '';
    say('its evaluation');
    const evaluation = await steps.evaluate(candidateId, dataset.id);
    await steps.promote(candidateId, evaluation.gate.passes);
    say('what is live, after');
    const after = await answers();
    await steps.rollBack(base.modelId);
    const restored = await answers();

    const { pairs, wins, margin, kl, candidate, live, gate } = evaluation;
    return [
      {
        title: `Short answers (at most ${shortAnswer} characters) to prompts that nobody rated`,
        columns: ['', 'short', 'of', 'share', 'median length, characters'],
        rows: [
          toRow('before', before),
          toRow('the version that learnt', after),
          toRow('rolled back', restored),
          toRow(
            'in the chat, as it comes',
            chosen.one.map(({ text }) => text),
          ),
          toRow(
            `in the chat, best of ${bestOf} by the reward model`,
            chosen.best.map(({ text }) => text),
          ),
        ],
        notes: [
          `${ratedPrompts.length} comparisons in the chat, ${clear} of them clear; ${dataset.train} pairs to learn from, ${dataset.heldOut} held out. ${answersEach} answers to each of ${judgedPrompts.length} prompts over the API, one in the chat; temperature 1, cut at ${ratedSampling.maxTokens} tokens.`,
          `Gate: ${gate.passes ? 'passes' : `closed (${gate.reason}); forced`}. Held-out pairs won ${wins} of ${pairs}, margin ${margin.toFixed(2)} nats a token, KL ${kl?.toFixed(1) ?? 'unknown'} nats an answer, answers of ${candidate.answerLength.toFixed(0)} characters at temperature 0, of what was live ${live.answerLength.toFixed(0)}.`,
          `Reward model: ${percent(reward.metrics['eval_accuracy'])} of the held-out pairs right, ${reward.seconds.toFixed(0)} s. DPO: ${dpo.seconds.toFixed(0)} s. Everything: ${((performance.now() - beganAt) / 60_000).toFixed(1)} min.`,
          `An answer before: “${excerpt(before[0])}”; after: “${excerpt(after[0])}”.`,
        ],
      },
      toCurve('The reward run', reward, ['loss', 'accuracy']),
      toCurve('The DPO run', dpo, ['loss', 'rewards/accuracies', 'rewards/margins', 'grad_norm']),
      toLatency(chosen),
    ];
  },
};

interface Chosen {
  one: TimedAnswer[];
  best: TimedAnswer[];
  /** As many answers at once, none of which is scored. */
  unscoredMs: number[];
  /** The first one, which the reward model is opened for. */
  firstMs: number;
}

/** In turns, so that all meet the same minutes of the machine. */
async function chooseAmong(rater: ScriptedRater, model: string): Promise<Chosen> {
  const { endMs: firstMs } = await rater.ask('What is a boat? Answer in one sentence.', bestOf);
  const chosen: Chosen = { one: [], best: [], unscoredMs: [], firstMs };
  for (const prompt of judgedPrompts) {
    chosen.one.push(await rater.ask(prompt, 1));
    chosen.best.push(await rater.ask(prompt, bestOf));
    const startedAt = performance.now();
    await rater.complete(model, [prompt], bestOf);
    chosen.unscoredMs.push(performance.now() - startedAt);
  }
  return chosen;
}

function toRow(name: string, answers: readonly string[]): (string | number)[] {
  const short = answers.filter(isShort).length;
  const length = median(answers.map((answer) => [...answer.trim()].length));
  return [name, short, answers.length, percent(short / answers.length), Math.round(length)];
}

function toCurve(title: string, { points }: DoneRun, metrics: readonly string[]): BenchTable {
  const told = points.filter((point) => metrics.every((metric) => metric in point.metrics));
  const every = Math.max(1, Math.ceil(told.length / pointsShown));
  const shown = told.filter((_, index) => index % every === 0 || index === told.length - 1);
  return {
    title,
    columns: ['step', ...metrics],
    rows: shown.map((point) => [
      point.step,
      ...metrics.map((metric) => (point.metrics[metric] ?? Number.NaN).toPrecision(3)),
    ]),
  };
}

function toLatency({ one, best, unscoredMs, firstMs }: Chosen): BenchTable {
  const row = (name: string, times: readonly number[]) => [
    name,
    (quantile(times, 0.5) / 1000).toFixed(2),
    (quantile(times, 0.95) / 1000).toFixed(2),
  ];
  const bestMs = best.map(({ endMs }) => endMs);
  return {
    title: 'From sending to the end of the answer, s',
    columns: ['', 'p50', 'p95'],
    rows: [
      row(
        'one answer',
        one.map(({ endMs }) => endMs),
      ),
      row(`${bestOf} answers, none scored`, unscoredMs),
      row(`the best of ${bestOf}`, bestMs),
      row(
        'what scoring adds',
        bestMs.map((ms, index) => ms - (unscoredMs[index] ?? Number.NaN)),
      ),
    ],
    notes: [
      `${one.length} prompts, one chat at a time. The first, for which the reward model is opened: ${(firstMs / 1000).toFixed(2)} s. The answers that are not scored are others, drawn over the API; single differences say little.`,
    ],
  };
}

const percent = (share: number | undefined) =>
  share === undefined ? 'unknown' : `${Math.round(share * 100)} %`;
const excerpt = (text = '') => text.trim().replaceAll(/\s+/g, ' ').slice(0, 160);
