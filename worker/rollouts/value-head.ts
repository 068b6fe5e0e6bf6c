/** Where a value head begins: at the reward model's head, which knows what good looks like, or at zero, which expects nothing. */
import { readAdapterFile } from '../nn/adapter-file.js';
import { isScoreHead } from '../nn/score-head.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import type { OnlineRequest } from '../runs/run-request.js';

/** Does nothing to a model without one. */
export async function startValueHead(
  model: TrainableModel,
  { config, rewardAdapters }: Pick<OnlineRequest, 'config' | 'rewardAdapters'>,
): Promise<void> {
  if (model.info.head !== 'value') return;
  const [first] = config.rewards.flatMap((reward) =>
    reward.type === 'model' ? (rewardAdapters[reward.versionId] ?? []) : [],
  );
  const adapter = first === undefined ? null : await readAdapterFile(first);
  const head = adapter?.parameters.find(isScoreHead)?.data ?? null;
  model.importParameters(
    model.exportParameters().map((tensor) => {
      if (!isScoreHead(tensor)) return tensor;
      return { ...tensor, data: head?.length === tensor.data.length ? head : tensor.data.fill(0) };
    }),
  );
}
