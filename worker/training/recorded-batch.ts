/** A run's events, as what they change in Postgres. Pure: who writes it is run-store.ts. */
import type { RolloutGroup, RunEvent } from '../../common/contracts/run-events.js';
import type { RunEntity } from '../../common/database/run.entity.js';

export interface TimedEvent {
  event: RunEvent;
  at: Date;
}

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface RecordedBatch {
  /** Columns of the run; nothing where nothing changed. */
  row: Partial<
    Pick<RunEntity, 'step' | 'totalSteps' | 'phase' | 'secondsPerStep' | 'plan' | 'metrics' | 'seenAt'>
  >;
  /** A run that goes on from a checkpoint does the steps after it again; null forgets nothing. */
  forgetAfterStep: number | null;
  /** Each step once, in order. */
  points: { step: number; at: Date; metrics: Record<string, number> }[];
  log: TimedEvent[];
  samples: EventOf<'sampled'>[];
  rollouts: { step: number; at: Date; groups: RolloutGroup[] }[];
}

/** Does it tell prompts of the run's dataset? */
export const tellsPrompts = ({ type }: RunEvent): boolean => type === 'sampled' || type === 'rollout';
export const hasPrompts = ({ samples, rollouts }: RecordedBatch): boolean =>
  samples.length > 0 || rollouts.length > 0;
export const withoutPrompts = (batch: RecordedBatch): RecordedBatch => ({
  ...batch,
  samples: [],
  rollouts: [],
});

/** Weight of earlier steps in the averaged time of one. */
const paceMemory = 0.9;

/** Keeps what one batch of events leaves to the next: the last metrics, and how fast it goes. */
export class RunTally {
  #metrics: Record<string, number>;
  #secondsPerStep: number | null = null;
  #lastStepAt: Date | null = null;

  /** @param metrics  of a run that goes on */
  constructor(metrics: Readonly<Record<string, number>>) {
    this.#metrics = { ...metrics };
  }

  /** The time until the next step tells nothing: the run was held up. */
  breakPace(): void {
    this.#lastStepAt = null;
  }

  /** @param events  in order, at least one */
  toBatch(events: readonly TimedEvent[]): RecordedBatch {
    // Being heard of is being alive.
    const batch: RecordedBatch = {
      row: { seenAt: new Date() },
      forgetAfterStep: null,
      points: [],
      log: [],
      samples: [],
      rollouts: [],
    };
    for (const timed of events) this.#add(batch, timed);
    return batch;
  }

  #add(batch: RecordedBatch, timed: TimedEvent): void {
    const { event, at } = timed;
    if (event.type === 'step') return this.#addStep(batch, event, at);
    if (event.type === 'sampled') return void batch.samples.push(event);
    if (event.type === 'rollout')
      return void batch.rollouts.push({ step: event.step, at, groups: event.groups });
    if (event.type === 'phase') {
      const { type: _, ...phase } = event;
      batch.row.phase = phase;
      if (event.done !== undefined) return;
    }
    if (event.type === 'planned') {
      const { totalSteps, doneSteps } = event.plan;
      Object.assign(batch.row, {
        plan: event.plan,
        totalSteps,
        step: doneSteps,
        phase: { phase: 'training' },
      });
      batch.forgetAfterStep = doneSteps;
      batch.points = [];
    }
    if (event.type === 'evaluated') this.#addPoint(batch, event.step, at, event.metrics);
    this.breakPace();
    batch.log.push(timed);
  }

  #addStep(batch: RecordedBatch, event: EventOf<'step'>, at: Date): void {
    if (this.#lastStepAt) {
      const seconds = (at.getTime() - this.#lastStepAt.getTime()) / 1000;
      const before = this.#secondsPerStep ?? seconds;
      this.#secondsPerStep = paceMemory * before + (1 - paceMemory) * seconds;
      batch.row.secondsPerStep = this.#secondsPerStep;
    }
    this.#lastStepAt = at;
    Object.assign(batch.row, {
      step: event.step,
      totalSteps: event.totalSteps,
      phase: { phase: 'training', done: event.step, total: event.totalSteps },
    });
    this.#addPoint(batch, event.step, at, event.metrics);
  }

  #addPoint(batch: RecordedBatch, step: number, at: Date, metrics: Record<string, number>): void {
    this.#metrics = { ...this.#metrics, ...metrics };
    batch.row.metrics = this.#metrics;
    const last = batch.points.at(-1);
    if (last?.step === step) last.metrics = { ...last.metrics, ...metrics };
    else batch.points.push({ step, at, metrics });
  }
}
