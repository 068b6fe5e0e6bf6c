/**
 * Drives rounds. What a round is at stands in its row, and a step that is done twice does the same, so any server may drive any round at
 * any time; an advisory lock keeps two from driving one at once. Nothing is asked of Redis: it may be lost.
 */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import { RoundEntity } from '../../common/database/round.entity.js';
import { LOGGER } from '../platform/tokens.js';
import { withAdvisoryLock } from './advisory-lock.js';
import { changeRound } from './change-round.js';
import { RoundSteps } from './steps/round-steps.js';

const sweepMs = 2000;
/** A disk that is full for a moment, a database that starts again: what fails more often than this stays so. */
const maxFaults = 5;

@Injectable()
export class RoundDriver implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | null = null;
  private readonly driving = new Map<string, Promise<void>>();

  constructor(
    private readonly db: DataSource,
    private readonly steps: RoundSteps,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), sweepMs);
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await Promise.all(this.driving.values());
  }

  /** Takes the round as far as it goes now; a call during one joins it. Never throws. */
  drive(id: string): Promise<void> {
    const running = this.driving.get(id) ?? this.driveOnce(id);
    this.driving.set(id, running);
    return running;
  }

  private async sweep(): Promise<void> {
    try {
      for (const { id } of await this.db.manager.findBy(RoundEntity, { state: 'running' }))
        void this.drive(id);
    } catch (error) {
      this.logger.warn({ err: error }, 'rounds could not be read; trying again');
    }
  }

  private async driveOnce(id: string): Promise<void> {
    try {
      await withAdvisoryLock(this.db, `round ${id}`, async () => {
        while (await this.advance(id));
      });
    } catch (error) {
      this.logger.warn({ err: error, roundId: id }, 'a round could not be driven; trying again');
    } finally {
      this.driving.delete(id);
    }
  }

  /** @returns whether there is more to do now */
  private async advance(id: string): Promise<boolean> {
    const round = await this.db.manager.findOneBy(RoundEntity, { id, state: 'running' });
    if (!round) return false;
    try {
      const outcome = await this.steps[round.step].advance(round);
      if (outcome !== 'waits') return await changeRound(this.db, round, outcome);
      await this.endIfCancelled(round);
    } catch (error) {
      await this.fail(round, error);
    }
    return false;
  }

  /** Somebody may cancel a round in the moment in which its run is made. */
  private async endIfCancelled({ id }: RoundEntity): Promise<void> {
    const isCancelled = await this.db.manager.existsBy(RoundEntity, { id, state: 'cancelled' });
    if (isCancelled) await this.steps.run.cancel({ id });
  }

  private async fail(round: RoundEntity, error: unknown): Promise<void> {
    this.logger.warn({ err: error, roundId: round.id, step: round.step }, 'a step of a round failed');
    const known =
      error instanceof AppError ? error : new AppError('SERVER_FAULT', { requestId: round.id }, error);
    const mayPass = known !== error || known.kind.retryable;
    const faults = round.faults + 1;
    if (mayPass && faults < maxFaults)
      await this.db.manager.update(RoundEntity, { id: round.id, step: round.step }, { faults });
    else await changeRound(this.db, round, { state: 'failed', error: known.toBody() });
  }
}
