/** PPO-ptx: the likelihood of other text beside the reward, so that the policy keeps what it knew. arXiv:2203.02155, eq. 2. */
import { sftConfigSchema, type OnlineConfig } from '../../common/contracts/runs.js';
import type { Item } from '../data/tokenise.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { StepPlan } from '../runs/step-plan.js';
import { Trainer } from '../runs/trainer.js';
import { toMicroBatches } from '../runs/units.js';

export class TextMix {
  private readonly trainer: Trainer<'sft'>;
  private readonly plan: StepPlan;
  private readonly weight: number;

  /** @param items  texts; each update takes as many as it has answers */
  constructor(
    private readonly items: readonly Item[],
    config: OnlineConfig,
    model: TrainableModel,
  ) {
    const { batchSize, gradientAccumulationSteps, groupSize, seed } = config;
    const updates = config.kind === 'ppo' ? config.miniBatches : 1;
    const sft = sftConfigSchema.parse({
      kind: 'sft',
      seed,
      batchSize: Math.max(1, Math.ceil((batchSize * gradientAccumulationSteps * groupSize) / updates)),
    });
    this.plan = new StepPlan(items, sft);
    this.trainer = new Trainer('sft', sft, model);
    this.weight = config.kind === 'ppo' ? config.ptxGamma : 0;
  }

  /**
   * Adds the gradient of the next texts.
   *
   * @param update  of the run, from 0
   * @returns its share of the loss, and the loss by itself, nats a token
   */
  async accumulate(update: number, signal: AbortSignal): Promise<{ loss: number; perToken: number }> {
    const data = { items: this.items, refLogProbs: [] };
    const microBatches = [...toMicroBatches('sft', data, this.plan.batchesOf(update))];
    const { loss } = await this.trainer.accumulate(microBatches, { signal, weight: this.weight });
    return { loss, perToken: loss / this.weight };
  }
}
