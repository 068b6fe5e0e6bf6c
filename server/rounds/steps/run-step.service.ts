/** Trains: the runs of the recipe, one after the other, each from the version that the one before made. */
import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../../common/contracts/errors.js';
import { isEnded } from '../../../common/contracts/run-records.js';
import type { StageConfig } from '../../../common/contracts/round-recipe.js';
import { runConfigSchema, type RunConfig } from '../../../common/contracts/runs.js';
import { DatasetEntity } from '../../../common/database/dataset.entity.js';
import type { ModelVersionEntity } from '../../../common/database/model-version.entity.js';
import type { RoundEntity } from '../../../common/database/round.entity.js';
import { RoundRunEntity } from '../../../common/database/round-run.entity.js';
import { RunEntity } from '../../../common/database/run.entity.js';
import { getVersion } from '../../evaluations/version-standing.service.js';
import { findAdapterShape, RunCheck } from '../../runs/run-check.service.js';
import { toNewRun } from '../../runs/new-run.js';
import { RunService } from '../../runs/run.service.js';
import { resolveStage } from '../recipe.js';
import type { StepOfRound, StepOutcome } from './round-step.js';

const seeds = 2 ** 32;

interface NextRun {
  runId: string;
  /** In the recipe, from 0. */
  position: number;
  /** Null stands for the kind that is proposed once the data are there. */
  stage: StageConfig | null;
  /** Version to start from. */
  fromId: string;
  /** What an earlier run of the round made to judge answers with. */
  rewardModelId: string | null;
}

@Injectable()
export class RunStep implements StepOfRound {
  constructor(
    private readonly db: DataSource,
    private readonly check: RunCheck,
    private readonly runs: RunService,
  ) {}

  async advance(round: RoundEntity): Promise<StepOutcome> {
    let madeId: string | null = null;
    let rewardModelId: string | null = null;
    for (const [position, stage] of stagesOf(round).entries()) {
      const { runId, run } = await this.getRun(round, position);
      if (!run) {
        const fromId = madeId ?? round.startVersionId;
        await this.begin(round, { runId, position, stage, fromId, rewardModelId });
        return 'waits';
      }
      if (!isEnded(run.state)) return 'waits';
      if (run.state === 'cancelled') throw new AppError('ROUND_RUN_CANCELLED', { run: run.name });
      if (run.state === 'failed') return { state: 'failed', error: run.error };
      if (run.kind === 'reward') rewardModelId = run.resultVersionId;
      else madeId = run.resultVersionId ?? madeId;
    }
    if (madeId === null) throw new AppError('ROUND_NO_VERSION');
    const made = await getVersion(this.db.manager, madeId);
    return { step: 'evaluation', candidateId: made.id, candidateName: made.name };
  }

  /** The run goes on from its last checkpoint. */
  async mend(round: RoundEntity): Promise<object> {
    for (const position of stagesOf(round).keys()) {
      const { run } = await this.getRun(round, position);
      if (run?.state === 'failed' || run?.state === 'cancelled') await this.runs.resume(run.id);
    }
    return {};
  }

  /** Ends whatever of it computes or waits for its turn. */
  async cancel({ id: roundId }: Pick<RoundEntity, 'id'>): Promise<void> {
    for (const { runId: id } of await this.db.manager.findBy(RoundRunEntity, { roundId })) {
      const run = await this.db.manager.findOneBy(RunEntity, { id });
      if (run && !isEnded(run.state)) await this.runs.cancel(id);
    }
  }

  /** Its id is settled before it is there. */
  private async getRun(
    { id: roundId }: RoundEntity,
    position: number,
  ): Promise<{ runId: string; run: RunEntity | null }> {
    const db = this.db.manager;
    await db
      .createQueryBuilder()
      .insert()
      .into(RoundRunEntity)
      .values({ roundId, position, runId: randomUUID() })
      .orIgnore()
      .execute();
    const { runId } = await db.findOneByOrFail(RoundRunEntity, { roundId, position });
    return { runId, run: await db.findOneBy(RunEntity, { id: runId }) };
  }

  private async begin(round: RoundEntity, next: NextRun): Promise<void> {
    const { runId, position, stage, fromId, rewardModelId } = next;
    const from = await getVersion(this.db.manager, fromId);
    const config = stage
      ? resolveStage(stage, { position, rewardModelId })
      : await this.propose(round.datasetId);
    const wanted = toNewRun({
      config: toRoundConfig(config, round.number, from),
      datasetId: round.datasetId,
      startVersionId: fromId,
      sharing: round.plan.sharing,
    });
    await this.runs.create(wanted, round.createdBy, runId);
  }

  /** @throws AppError `ROUND_NO_KIND` */
  private async propose(datasetId: string): Promise<RunConfig> {
    const { kinds } = await this.check.propose(datasetId);
    const [best] = kinds;
    // An adapter whatever the kind's default: full training would make another model.
    if (best) return runConfigSchema.parse({ mode: 'lora', kind: best.kind, ...best.config });
    const { name, version } = await this.db.manager.findOneByOrFail(DatasetEntity, { id: datasetId });
    throw new AppError('ROUND_NO_KIND', { dataset: `${name} v${version}` });
  }
}

/** Null stands for the kind that is proposed once the data are there. */
function stagesOf({ plan: { recipe } }: RoundEntity): readonly (StageConfig | null)[] {
  return recipe.type === 'proposed' ? [null] : recipe.stages;
}

/** Drawn anew each round, and with the adapter's shape where the round goes on from one. */
function toRoundConfig(config: RunConfig, number: number, from: ModelVersionEntity): RunConfig {
  const lora = { ...config.lora, ...findAdapterShape(from) };
  return { ...config, lora, seed: (config.seed + number - 1) % seeds };
}
