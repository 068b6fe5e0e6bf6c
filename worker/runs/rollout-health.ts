/** What an experienced eye sees in the answers of a run that samples its own: a reward that is being fooled shows in them before it shows in itself. */
import type { RunVerdict } from '../../common/contracts/run-events.js';
import type { OnlineConfig } from '../../common/contracts/runs.js';

type Metrics = Readonly<Record<string, number>>;

/** Nats an answer; nats a token. */
const highKl = 10;
const divergedKl = 2;
const collapsedEntropy = 0.01;
const fewGroupsToLearnFrom = 0.8;
/** Share of the longest answer. */
const nearTheLimit = 0.8;
const highRepetition = 0.3;
const moreAgainstThanFor = 0.5;

/** One thing to look at: from where it is worth a word, and from where the run is to end. */
interface Watch {
  id: RunVerdict['id'];
  metric: string;
  /** Low values are the bad ones. Default high ones. */
  isLow?: true;
  warnAt: number;
  stopAt: (config: OnlineConfig) => number | null;
  says: (value: string) => string;
}

const never = () => null;

const watches: readonly Watch[] = [
  {
    id: 'kl-high',
    metric: 'objective/kl',
    warnAt: highKl,
    stopAt: ({ stopAtKl }) => stopAtKl,
    says: (kl) =>
      `The model is ${kl} nats an answer from where it began. Raise the price of the KL, or lower the learning rate.`,
  },
  {
    id: 'kl-diverged',
    metric: 'kl',
    warnAt: divergedKl,
    stopAt: never,
    says: (kl) => `The KL is ${kl} nats a token: the run has diverged. Lower the learning rate.`,
  },
  {
    id: 'entropy-low',
    metric: 'entropy',
    isLow: true,
    warnAt: collapsedEntropy,
    stopAt: ({ stopAtEntropy }) => stopAtEntropy,
    says: (entropy) => `The entropy is ${entropy} nats a token: the model always says the same.`,
  },
  {
    id: 'answers-cut',
    metric: 'completions/clipped_ratio',
    warnAt: 0.5,
    stopAt: ({ stopAtLength }) => stopAtLength,
    says: (ratio) =>
      `A share of ${ratio} of the answers does not end before the limit. Look whether the reward pays for length.`,
  },
  {
    id: 'repetition-high',
    metric: 'completions/repetition',
    warnAt: highRepetition,
    stopAt: ({ stopAtRepetition }) => stopAtRepetition,
    says: (share) =>
      `A share of ${share} of what is said was said before in the same answer: look whether the reward pays for it.`,
  },
  {
    id: 'no-signal',
    metric: 'frac_reward_zero_std',
    warnAt: fewGroupsToLearnFrom,
    stopAt: never,
    says: (share) =>
      `A share of ${share} of the prompts got answers of equal reward, from which nothing is learnt. Choose prompts or rewards that tell answers apart, or a higher temperature.`,
  },
  {
    id: 'rewards-missing',
    metric: 'rewards/unscored',
    warnAt: 0,
    stopAt: never,
    says: (share) => `A share of ${share} of the answers got no reward and taught nothing.`,
  },
  {
    id: 'reward-fooled',
    metric: 'rewards/held_out/disagreement',
    warnAt: moreAgainstThanFor,
    stopAt: never,
    says: (share) =>
      `The held-out reward model orders a share of ${share} of the answers the other way: the reward that is learnt may be fooled.`,
  },
];

/** @returns findings of one step, those that end the run marked so */
export function judgeRollout(config: OnlineConfig, metrics: Metrics): RunVerdict[] {
  const verdicts = watches.flatMap((watch) => judge(watch, config, metrics[watch.metric]));
  const length = metrics['completions/mean_length'] ?? 0;
  if (length > nearTheLimit * config.maxNewTokens && !verdicts.some(({ id }) => id === 'answers-cut'))
    verdicts.push({
      id: 'answers-cut',
      severity: 'warning',
      message: `Answers have ${length.toFixed(0)} tokens on average, of ${config.maxNewTokens} at most. Look whether the reward pays for length.`,
    });
  const difference = metrics['sampling/logp_difference'] ?? 0;
  if (difference > config.samplingDifferenceBound)
    verdicts.push({
      id: 'sampler-differs',
      severity: 'notice',
      message: `Sampler and trainer differ by ${difference.toFixed(3)} nats a token; importance weights correct it.`,
    });
  return verdicts;
}

function judge(watch: Watch, config: OnlineConfig, value: number | undefined): RunVerdict[] {
  if (value === undefined) return [];
  const isPast = (bound: number) => (watch.isLow ? value < bound : value > bound);
  const bound = watch.stopAt(config);
  const stops = bound !== null && isPast(bound);
  if (!stops && !isPast(watch.warnAt)) return [];
  const said = watch.says(Number(value.toPrecision(3)).toString());
  const message = stops ? `${said} The bound is ${bound}: the run stops.` : said;
  return [{ id: watch.id, severity: stops ? 'stop' : 'warning', message }];
}

/**
 * The learnt reward rises on held-out prompts while the held-out judge's falls.
 *
 * @param first  metrics of the evaluation before the first step
 */
export function judgeHeldOut(first: Metrics, now: Metrics): RunVerdict[] {
  const [reward, judged] = ['eval_reward', 'eval_rewards/held_out/mean'].map(
    (name) => (now[name] ?? Number.NaN) - (first[name] ?? Number.NaN),
  );
  if (!((reward ?? 0) > 0 && (judged ?? 0) < 0)) return [];
  return [
    {
      id: 'reward-fooled',
      severity: 'warning',
      message: `On held-out prompts the reward rose by ${reward?.toPrecision(2)}, and the held-out reward model's fell by ${judged?.toPrecision(2).slice(1)}: the reward that is learnt is being fooled.`,
    },
  ];
}
