/** Which curves a run has, and in which order they are worth looking at. */
import type { RunPoint } from '$contracts';
import type { LineSeries } from '$lib/plot/series';

/** What tells most of a run, first; what ends with a star stands for all that begins so. */
const order = [
  'loss',
  'reward',
  'objective/kl',
  'completions/mean_length',
  'entropy',
  'rewards/accuracies',
  'rewards/margins',
  'accuracy',
  'margin',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/held_out/*',
  'rewards/*',
  'reward_std',
  'frac_reward_zero_std',
  'logps/chosen',
  'logps/rejected',
  'mean_token_accuracy',
  'kl',
  'completions/*',
  'policy/*',
  'clip_ratio/*',
  'val/*',
  'objective/*',
  'loss/*',
  'sampling/*',
  'grad_norm',
  'learning_rate',
  'tokens_per_second',
  'time/*',
];
/** Of a run that answers itself the reward tells more than the loss, which is near zero by design. */
const rewardFirst = ['reward', 'objective/kl', 'completions/mean_length', 'entropy'];
/** Lines that are drawn into another metric's chart: what the held-out reward model says beside what is learnt from. */
const beside: Readonly<Record<string, readonly string[]>> = { reward: ['rewards/held_out/mean'] };
/** Told elsewhere on the page, or the step in other words. */
const untold = new Set(['epoch', 'num_tokens']);
const heldOutPrefix = 'eval_';

export interface Curve {
  metric: string;
  series: LineSeries[];
}

export interface CurveRun {
  name: string;
  points: readonly RunPoint[];
}

/**
 * @param runs   the one that is looked at first
 * @param words  names of the two lines of a run: of the training data, and of the held-out
 */
export function toCurves(runs: readonly CurveRun[], words: { train: string; heldOut: string }): Curve[] {
  const names = new Set(runs.flatMap(({ points }) => points.flatMap(({ metrics }) => Object.keys(metrics))));
  const metrics = new Set([...names].map((name) => name.replace(heldOutPrefix, '')));
  const ranks = metrics.has('reward') ? [...rewardFirst, ...order] : order;
  const drawnBeside = new Set(
    Object.entries(beside).flatMap(([host, guests]) => (metrics.has(host) ? guests : [])),
  );
  const rank = (metric: string) => {
    const found = ranks.findIndex((one) =>
      one.endsWith('*') ? metric.startsWith(one.slice(0, -1)) : one === metric,
    );
    return found < 0 ? ranks.length : found;
  };
  return [...metrics]
    .filter((metric) => !untold.has(metric) && !drawnBeside.has(metric))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((metric) => ({
      metric,
      series: runs.flatMap((run) => [
        ...toSeries(run, metric, runs.length > 1, words),
        ...(beside[metric] ?? []).flatMap((guest) =>
          toSeries(run, guest, runs.length > 1, {
            train: `${guest} · ${words.train}`,
            heldOut: `${guest} · ${words.heldOut}`,
          }),
        ),
      ]),
    }));
}

function toSeries(
  { name, points }: CurveRun,
  metric: string,
  isOneOfMany: boolean,
  words: { train: string; heldOut: string },
): LineSeries[] {
  const sides = [
    { key: metric, word: words.train, isSparse: false },
    { key: heldOutPrefix + metric, word: words.heldOut, isSparse: true },
  ];
  return sides.flatMap(({ key, word, isSparse }) => {
    const line = points.flatMap(({ step, metrics }) => {
      const y = metrics[key];
      return y === undefined ? [] : [{ x: step, y }];
    });
    return line.length > 0
      ? [{ name: isOneOfMany ? `${name} · ${word}` : word, points: line, isSparse }]
      : [];
  });
}
