/** Which curves a run has, and in which order they are worth looking at. */
import type { RunPoint } from '$contracts';
import type { LineSeries } from '$lib/plot/series';

/** What tells most of a run, first. */
const order = [
  'loss',
  'rewards/accuracies',
  'rewards/margins',
  'accuracy',
  'margin',
  'rewards/chosen',
  'rewards/rejected',
  'logps/chosen',
  'logps/rejected',
  'mean_token_accuracy',
  'kl',
  'grad_norm',
  'entropy',
  'learning_rate',
  'tokens_per_second',
];
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
  const rank = (metric: string) => (order.includes(metric) ? order.indexOf(metric) : order.length);
  return [...metrics]
    .filter((metric) => !untold.has(metric))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((metric) => ({
      metric,
      series: runs.flatMap((run) => toSeries(run, metric, runs.length > 1, words)),
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
