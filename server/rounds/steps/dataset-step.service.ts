import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import { ModelEntity } from '../../../common/database/model.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { getDataset } from '../../datasets/dataset-rows.js';
import { FreezeService } from '../../datasets/snapshot/freeze.service.js';
import { HeldOutRows } from '../../evaluations/held-out-rows.service.js';
import { assertHolds } from '../../runs/run-check.service.js';
import { cutText } from '../../platform/cut-text.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

/** Freezes the feedback that the plan takes; a round that could not train, or not be judged, ends here. */
@Injectable()
export class DatasetStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly freezing: FreezeService,
    private readonly heldOut: HeldOutRows,
  ) {}

  async advance({ plan, modelId, datasetId: id, createdBy }: RoundEntity): Promise<StepOutcome> {
    if (!(await this.db.manager.existsBy(DatasetEntity, { id }))) {
      const model = await this.db.manager.findOneByOrFail(ModelEntity, { id: modelId });
      // One name for all rounds of a model: each is the next version, and can be compared with the last.
      const name = cutText(`Rounds of ${model.name}`, 100);
      await this.freezing.freeze(
        { ...plan.data, splitSettings: plan.splitSettings, name },
        { id, createdBy },
      );
    }
    const dataset = await getDataset(this.db.manager, id);
    // What the last run cannot learn from would else be told hours later.
    if (plan.recipe.type === 'stages') for (const { kind } of plan.recipe.stages) assertHolds(dataset, kind);
    if (plan.judgedOn === null) await this.heldOut.choose(dataset);
    return { step: 'run' };
  }

  /** What is frozen stays as it is; more may have been said since. */
  mend(): Promise<Pick<RoundEntity, 'datasetId'>> {
    return Promise.resolve({ datasetId: randomUUID() });
  }
}
