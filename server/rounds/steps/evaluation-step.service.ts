import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EvaluationEntity } from '../../../common/database/evaluation.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { EvaluationService } from '../../evaluations/evaluation.service.js';
import { getLive } from '../../evaluations/version-standing.service.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

/** Has the candidate judged against what is live now. */
@Injectable()
export class EvaluationStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly evaluations: EvaluationService,
  ) {}

  async advance(round: RoundEntity): Promise<StepOutcome> {
    const candidateId = round.candidateId ?? '';
    const live = await getLive(this.db.manager, round.modelId);
    // An admin was faster; the next step writes it down.
    if (live.id === candidateId) return { step: 'promotion' };
    const evaluation = await this.db.manager.findOneBy(EvaluationEntity, { id: round.evaluationId });
    if (!evaluation) {
      const { judgedOn, promptSetIds } = round.plan;
      const wanted = {
        candidateId,
        datasetId: judgedOn ?? round.datasetId,
        promptSetIds: promptSetIds ?? undefined,
      };
      await this.evaluations.create(wanted, round.createdBy, round.evaluationId);
      return 'waits';
    }
    if (evaluation.state === 'failed') return { state: 'failed', error: evaluation.error };
    if (evaluation.state !== 'succeeded') return 'waits';
    // Something else went live meanwhile: that is what it has to beat.
    if (evaluation.liveId !== live.id) return { evaluationId: randomUUID() };
    return { step: 'promotion' };
  }

  mend(): Promise<Pick<RoundEntity, 'evaluationId'>> {
    return Promise.resolve({ evaluationId: randomUUID() });
  }
}
