import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { dataKindOfRun } from '../../../common/contracts/datasets.js';
import type { RoundRecipe } from '../../../common/contracts/round-recipe.js';
import { listTrainedRows, type TrainedRows } from '../../../common/data/trained-rows.js';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import { ModelEntity } from '../../../common/database/model.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { getDataset } from '../../datasets/dataset-rows.js';
import { FreezeService } from '../../datasets/snapshot/freeze.service.js';
import { HeldOutRows } from '../../evaluations/held-out-rows.service.js';
import { assertHolds, RunCheck } from '../../runs/run-check.service.js';
import { cutText } from '../../platform/cut-text.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

/** Freezes the feedback that the plan takes; a round that could not train, or not be judged, ends here. */
@Injectable()
export class DatasetStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly freezing: FreezeService,
    private readonly heldOut: HeldOutRows,
    private readonly check: RunCheck,
  ) {}

  async advance(round: RoundEntity): Promise<StepOutcome> {
    const dataset = await this.freeze(round);
    const { recipe } = round.plan;
    // What the last run cannot learn from would else be told hours later.
    if (recipe.type === 'stages') for (const { kind } of recipe.stages) assertHolds(dataset, kind);
    await this.assertJudged(round, dataset);
    return { step: 'run' };
  }

  /** What is frozen stays as it is; more may have been said since. */
  mend(): Promise<Pick<RoundEntity, 'datasetId'>> {
    return Promise.resolve({ datasetId: randomUUID() });
  }

  private async freeze({ plan, modelId, datasetId: id, createdBy }: RoundEntity): Promise<DatasetEntity> {
    if (!(await this.db.manager.existsBy(DatasetEntity, { id }))) {
      const model = await this.db.manager.findOneByOrFail(ModelEntity, { id: modelId });
      // One name for all rounds of a model: each is the next version, and can be compared with the last.
      const name = cutText(`Rounds of ${model.name}`, 100);
      await this.freezing.freeze(
        { ...plan.data, splitSettings: plan.splitSettings, name },
        { id, createdBy },
      );
    }
    return getDataset(this.db.manager, id);
  }

  /** What the round makes is judged by nothing that it, or the version that it starts from, was trained on. */
  private async assertJudged(round: RoundEntity, dataset: DatasetEntity): Promise<void> {
    const { judgedOn, recipe } = round.plan;
    const judging = judgedOn === null ? dataset : await getDataset(this.db.manager, judgedOn);
    const upcoming = await this.listTrained(recipe, dataset.id);
    await this.heldOut.choose(judging, { id: round.startVersionId, name: round.startVersionName, upcoming });
  }

  /** Of the runs that train what answers; a reward model is another version. */
  private async listTrained(recipe: RoundRecipe, datasetId: string): Promise<TrainedRows[]> {
    if (recipe.type === 'stages')
      return recipe.stages
        .filter(({ kind }) => kind !== 'reward')
        .flatMap((stage) => listTrainedRows(stage, datasetId));
    const [best] = (await this.check.propose(datasetId)).kinds;
    return best ? [{ datasetId, kind: dataKindOfRun[best.kind] }] : [];
  }
}
