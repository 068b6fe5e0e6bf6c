/** What one process computes for one subject in one go. */
import { randomUUID } from 'node:crypto';
import type { ComputeKind } from '../../common/contracts/costs.js';

export interface UseSubject {
  kind: ComputeKind;
  /** Generation, run or evaluation; of what leaves no row, an id of its own. */
  subjectId: string;
  /** Whom it is for; null for the installation. */
  userId: string | null;
}

/** Totals of a session so far; microseconds, millijoules, tokens. */
interface Totals {
  computedUs: number;
  measuredUs: number;
  energyMj: number;
  promptTokens: number;
}

export interface UseRow extends UseSubject, Totals {
  sessionId: string;
  /** UTC. */
  day: string;
}

const none: Totals = { computedUs: 0, measuredUs: 0, energyMj: 0, promptTokens: 0 };

export class UseSession {
  readonly id = randomUUID();
  #totals = none;
  /** What the rows of days before this one hold. */
  #before = none;
  #written = none;
  #day: string | null = null;

  constructor(readonly subject: UseSubject) {}

  /** @param joules  that a device told for this time; null where none does */
  add(computedMs: number, joules: number | null): void {
    const { computedUs, measuredUs, energyMj, promptTokens } = this.#totals;
    const us = computedMs * 1000;
    this.#totals = {
      computedUs: computedUs + us,
      measuredUs: measuredUs + (joules === null ? 0 : us),
      energyMj: energyMj + (joules ?? 0) * 1000,
      promptTokens,
    };
  }

  /** Of work that leaves no row which tells them. */
  addPromptTokens(count: number): void {
    this.#totals = { ...this.#totals, promptTokens: this.#totals.promptTokens + count };
  }

  /**
   * The row of `day` as it is to be written now; null when nothing is new.
   *
   * A new day begins a new row, with what came since the last one was written.
   */
  toRow(day: string): { row: UseRow; written: () => void } | null {
    const totals = this.#totals;
    if (totals === this.#written) return null;
    if (this.#day !== null && this.#day !== day) this.#before = this.#written;
    this.#day = day;
    const before = this.#before;
    const rest = (key: keyof Totals) => Math.round(totals[key]) - Math.round(before[key]);
    const row: UseRow = {
      ...this.subject,
      sessionId: this.id,
      day,
      computedUs: rest('computedUs'),
      measuredUs: rest('measuredUs'),
      energyMj: rest('energyMj'),
      promptTokens: rest('promptTokens'),
    };
    return { row, written: () => (this.#written = totals) };
  }
}
