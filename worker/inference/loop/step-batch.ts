/**
 * What a step decodes: the next token of each running answer, then as much of the new prompts as may hold those up.
 *
 * Sequences under different adapters cannot share a decode, so the versions take turns.
 */
import type { LoraAdapter } from '../../../common/llama/model.js';
import type { TokenBatch } from '../../../common/llama/token-batch.js';
import type { PromptPace } from './prompt-pace.js';
import type { RunningAnswer } from './running-answer.js';
import type { Slot } from './slot.js';

/** What a step asks of one slot. */
export interface Place {
  slot: Slot;
  answer: RunningAnswer;
  /** Tokens added to the batch. */
  count: number;
  /** Where the logits are, or null while the prompt is not complete. */
  index: number | null;
}

export class StepBatch {
  #adapter: LoraAdapter | null = null;

  constructor(
    private readonly batch: TokenBatch,
    private readonly pace: PromptPace,
  ) {}

  /** Under which the batch is to be decoded. */
  get adapter(): LoraAdapter | null {
    return this.#adapter;
  }

  /**
   * Fills the batch anew: running answers first, then prompts in the order of their admission. Each is taken whole where at least half of it
   * fits, as llama.cpp computes sequences of different lengths one after another; only the first is cut.
   */
  fill(slots: readonly Slot[]): Place[] {
    this.batch.clear();
    const wanting = slots.filter((slot) => slot.answer);
    this.#adapter = this.#nextAdapter(wanting);
    const mine = wanting.filter((slot) => slot.adapter === this.#adapter);
    const answering = mine.filter((slot) => slot.wanted === 1);
    const places = answering.map((slot) => this.#add(slot, 1));
    const reading = mine.filter((slot) => slot.wanted > 1).sort((a, b) => a.lastUsed - b.lastUsed);
    const wanted = reading.reduce((sum, slot) => sum + slot.wanted, 0);
    const crowd = { answering: answering.length, reading: reading.length, wanted };
    let room = this.pace.chunk(this.batch.room, crowd);
    for (const slot of reading) {
      const isWhole = slot.wanted <= Math.min(2 * room, this.batch.room);
      if (!isWhole && slot !== reading[0]) break;
      const count = isWhole ? slot.wanted : room;
      places.push(this.#add(slot, count));
      room -= count;
    }
    return places.filter((place) => place !== null);
  }

  #nextAdapter(wanting: readonly Slot[]): LoraAdapter | null {
    const adapters = [...new Set(wanting.map((slot) => slot.adapter))];
    return adapters[(adapters.indexOf(this.#adapter) + 1) % Math.max(1, adapters.length)] ?? null;
  }

  #add(slot: Slot, count: number): Place | null {
    const { answer } = slot;
    if (!answer) return null;
    const start = slot.tokens.length;
    let index: number | null = null;
    for (let position = start; position < start + count; position++) {
      const token = answer.sequence[position] ?? 0;
      const isLast = position === answer.sequence.length - 1;
      const added = this.batch.add(token, position, slot.sequence, isLast);
      if (isLast) index = added;
      slot.tokens.push(token);
    }
    return { slot, answer, count, index };
  }
}
