import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import { ModelEntity } from '../../../common/database/model.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { FreezeService } from '../../datasets/snapshot/freeze.service.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

/** Freezes the feedback that the plan takes. */
@Injectable()
export class DatasetStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly freezing: FreezeService,
  ) {}

  async advance({ plan, modelId, datasetId: id, createdBy }: RoundEntity): Promise<StepOutcome> {
    if (!(await this.db.manager.existsBy(DatasetEntity, { id }))) {
      const model = await this.db.manager.findOneByOrFail(ModelEntity, { id: modelId });
      // One name for all rounds of a model: each is the next version, and can be compared with the last.
      const name = `Rounds of ${model.name}`.slice(0, 100);
      await this.freezing.freeze(
        { ...plan.data, splitSettings: plan.splitSettings, name },
        { id, createdBy },
      );
    }
    return { step: 'run' };
  }

  mend(): Promise<object> {
    return Promise.resolve({});
  }
}
