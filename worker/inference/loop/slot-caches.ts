/**
 * What the slots' caches hold, and how an answer gets into one: from its own beginning, a copy of another's, or a parked one.
 *
 * Idle caches are parked while nothing else is to do, so that giving a slot away costs the next answer no time. Nothing here may run
 * while a decode is in flight.
 */
import type { LlamaContext } from '../../../common/llama/context.js';
import type { LoraAdapter } from '../../../common/llama/model.js';
import { ParkedCaches, type ParkingOptions } from './parked-caches.js';
import type { RunningAnswer } from './running-answer.js';
import { choosePlacement, usablePrefix, type Placement } from './slot-choice.js';
import { Slot } from './slot.js';

/** A cache shorter than this is computed again sooner than brought back. */
const worthParking = 128;

/** Where an answer may go now. */
export type AnswerPlace = Exclude<Placement, { kind: 'wait' }>;

export class SlotCaches implements AsyncDisposable {
  readonly slots: readonly Slot[];
  readonly #parked: ParkedCaches | null;
  #clock = 0;

  constructor(
    private readonly context: LlamaContext,
    { slots, parking }: { slots: number; parking?: ParkingOptions },
  ) {
    this.slots = Array.from({ length: slots }, (_, sequence) => new Slot(sequence));
    this.#parked = parking ? new ParkedCaches(parking, context.model.windowTokens) : null;
  }

  /** @returns null when no slot is free */
  choose(prompt: ArrayLike<number>, adapter: LoraAdapter | null): Placement | null {
    const parkedLength = this.#parked?.longestPrefix(prompt, adapter) ?? 0;
    const placement = choosePlacement({
      slots: this.slots,
      prompt,
      adapter,
      parkedLength,
      canCut: (slot, length) => this.context.canCut(slot.sequence, length),
    });
    return placement?.kind === 'restore' && this.context.copiesAtDecode ? { kind: 'wait' } : placement;
  }

  /** Puts the answer into its slot, with as much of its prompt cached as was found. */
  async place(place: AnswerPlace, answer: RunningAnswer): Promise<void> {
    const { slot } = place;
    const { adapter } = answer.request;
    const lost = slot.tokens.length - (place.kind === 'reuse' ? place.length : 0);
    if (lost >= worthParking) await this.#park(slot);
    // Should the following fail, nothing is said of what it holds.
    slot.tokens = [];
    const length = await this.#bring(place, answer);
    slot.tokens = answer.sequence.slice(0, length);
    slot.adapter = adapter;
    slot.answer = answer;
    slot.isParked = false;
    slot.lastUsed = ++this.#clock;
    answer.cachedTokens = length;
  }

  /** Parks idle caches until all are, or there is something better to do. */
  async parkIdle(hasWork: () => boolean): Promise<void> {
    for (const slot of this.slots) {
      if (hasWork()) return;
      if (!slot.answer && slot.tokens.length >= worthParking) await this.#park(slot);
    }
  }

  /** Gives up the caches of all idle slots. @returns false when there was none */
  clearIdle(): boolean {
    const idle = this.slots.filter((slot) => !slot.answer && slot.tokens.length > 0);
    for (const slot of idle) this.clear(slot);
    return idle.length > 0;
  }

  clear(slot: Slot): void {
    this.context.truncate(slot.sequence, 0);
    slot.tokens = [];
  }

  /** Forgets everything that an adapter computed for answers that have ended. */
  async forget(adapter: LoraAdapter): Promise<void> {
    for (const slot of this.slots) if (slot.adapter === adapter && !slot.answer) slot.tokens = [];
    await this.#parked?.forget(adapter);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parked?.clear();
  }

  /** @returns how many of the prompt's tokens the slot's cache begins with */
  async #bring(place: AnswerPlace, answer: RunningAnswer): Promise<number> {
    const { slot } = place;
    if (place.kind === 'restore') return this.#restore(slot, answer);
    const kept =
      place.kind === 'copy'
        ? this.context.copyPrefix(place.from.sequence, slot.sequence, place.length)
        : this.context.truncate(slot.sequence, place.length);
    return kept ? place.length : 0;
  }

  async #restore(slot: Slot, { request: { prompt, adapter } }: RunningAnswer): Promise<number> {
    const parked = await this.#parked?.take(prompt, adapter);
    if (!parked || !(await this.context.restoreSequence(slot.sequence, parked.bytes))) {
      this.clear(slot);
      return 0;
    }
    const length = usablePrefix(parked.tokens, prompt);
    return this.context.truncate(slot.sequence, length) ? length : 0;
  }

  async #park(slot: Slot): Promise<void> {
    if (!this.#parked || slot.isParked) return;
    slot.isParked = true;
    const bytes = await this.context.saveSequence(slot.sequence);
    await this.#parked.park(slot.tokens, slot.adapter, bytes);
  }
}
