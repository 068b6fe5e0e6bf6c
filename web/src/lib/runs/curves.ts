/** Which curves a run has, and in which order they are worth looking at. */
import type { RunPoint } from '$contracts';
import type { LineSeries } from '$lib/plot/series';

/** What a curve is about. */
export const curveGroups = ['reward', 'policy', 'answers', 'learning', 'sampling', 'time', 'other'] as const;
export type CurveGroup = (typeof curveGroups)[number];

/** What tells most of a run, first, and what each is about; what ends with a star stands for all that begins so. */
const order: readonly (readonly [metric: string, group: CurveGroup])[] = [
  ['loss', 'learning'],
  ['reward', 'reward'],
  ['objective/kl', 'policy'],
  ['completions/mean_length', 'answers'],
  ['entropy', 'policy'],
  ['rewards/accuracies', 'reward'],
  ['rewards/margins', 'reward'],
  ['accuracy', 'reward'],
  ['margin', 'reward'],
  ['rewards/chosen', 'reward'],
  ['rewards/rejected', 'reward'],
  ['rewards/held_out/*', 'reward'],
  ['rewards/*', 'reward'],
  ['reward_std', 'reward'],
  ['frac_reward_zero_std', 'reward'],
  ['mean_reward', 'reward'],
  ['min_reward', 'reward'],
  ['max_reward', 'reward'],
  ['objective/scores', 'reward'],
  ['objective/non_score_reward', 'reward'],
  ['objective/rlhf_reward', 'reward'],
  ['logps/*', 'policy'],
  ['mean_token_accuracy', 'learning'],
  ['kl', 'policy'],
  ['kl_coef', 'policy'],
  ['completions/*', 'answers'],
  ['policy/*', 'policy'],
  ['clip_ratio/*', 'policy'],
  ['objective/*', 'policy'],
  ['val/*', 'learning'],
  ['loss/*', 'learning'],
  ['sampling/*', 'sampling'],
  ['grad_norm', 'learning'],
  ['learning_rate', 'learning'],
  ['tokens_per_second', 'time'],
  ['time/*', 'time'],
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
  group: CurveGroup;
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
  const first = metrics.has('reward') ? rewardFirst : [];
  const drawnBeside = new Set(
    Object.entries(beside).flatMap(([host, guests]) => (metrics.has(host) ? guests : [])),
  );
  const rank = (metric: string) => {
    const place = first.indexOf(metric);
    return place < 0 ? first.length + findPlace(metric) : place;
  };
  return [...metrics]
    .filter((metric) => !untold.has(metric) && !drawnBeside.has(metric))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((metric) => ({
      metric,
      group: order[findPlace(metric)]?.[1] ?? 'other',
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

/** In the order; its length for what is not among it. */
function findPlace(metric: string): number {
  const place = order.findIndex(([one]) =>
    one.endsWith('*') ? metric.startsWith(one.slice(0, -1)) : one === metric,
  );
  return place < 0 ? order.length : place;
}

/** Curves by what they are about, the groups and the curves of each in the order in which they come. */
export function groupCurves(curves: readonly Curve[]): { group: CurveGroup; curves: Curve[] }[] {
  const groups = [...new Set(curves.map(({ group }) => group))];
  return groups.map((group) => ({ group, curves: curves.filter((curve) => curve.group === group) }));
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
