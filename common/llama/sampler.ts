/**
 * Draws the next token of one answer: llama.cpp's chain of penalties, top-k, top-p, min-p and temperature, and a grammar where the answer
 * must have a form. Holds the state of that one answer (its random numbers, the tokens it penalises, its place in the grammar).
 */
import { AppError } from '../contracts/errors.js';
import type { Sampling } from '../contracts/sampling.js';
import type { LlamaContext } from './context.js';
import { Candidates } from './candidates.js';
import type { LlamaApi } from './llama.js';
import { takeLog } from './log.js';
import type { Pointer } from './native.js';
import type { Vocabulary } from './vocabulary.js';

/** Tokens of the answer, counted from its end, that the penalties look at. */
const penaltyWindow = 1024;

export interface SamplerOptions {
  sampling: Sampling;
  /** 0 to 2^32 - 2. */
  seed: number;
  /** GBNF whose root rule is `root`; null leaves the answer free. */
  grammar: string | null;
}

export class Sampler implements Disposable {
  readonly #chain: Pointer;
  readonly #grammar: Pointer | null;

  /** @throws AppError `GENERATION_FORMAT_UNSUPPORTED` when the grammar cannot be read */
  constructor(
    private readonly api: LlamaApi,
    private readonly vocabulary: Vocabulary,
    { sampling, seed, grammar }: SamplerOptions,
  ) {
    this.#grammar = grammar === null ? null : this.#openGrammar(grammar);
    this.#chain = api.sampler_chain_init();
    for (const link of this.#links(sampling, seed)) api.sampler_chain_add(this.#chain, link);
  }

  /** @param index  place in the last batch, which asked for logits @returns the drawn token, or null when the grammar allows none */
  sample(context: LlamaContext, index: number): number | null {
    return this.#grammar
      ? this.#sampleWithin(this.#grammar, context, index)
      : this.api.sampler_sample(this.#chain, context.pointer, index);
  }

  /**
   * The same on a thread, several of them side by side after `context.orderOutputs()`. One that holds to a grammar is drawn at once, since the
   * grammar is asked through arrays of this process.
   */
  async sampleOnThread(context: LlamaContext, index: number): Promise<number | null> {
    if (this.#grammar) return this.#sampleWithin(this.#grammar, context, index);
    return this.api.sampler_sample.onThread(this.#chain, context.pointer, index);
  }

  /**
   * Takes a token that stands in the answer already, so that penalties and grammar know it.
   *
   * @returns false when the grammar does not allow it there; nothing is taken then
   */
  accept(token: number): boolean {
    if (this.#grammar && !this.#isAllowed(this.#grammar, token)) return false;
    if (this.#grammar) this.api.sampler_accept(this.#grammar, token);
    this.api.sampler_accept(this.#chain, token);
    return true;
  }

  [Symbol.dispose](): void {
    this.api.sampler_free(this.#chain);
    if (this.#grammar) this.api.sampler_free(this.#grammar);
  }

  #links(sampling: Sampling, seed: number): Pointer[] {
    const { api } = this;
    const { temperature, topK, topP, minP, repeatPenalty, frequencyPenalty, presencePenalty } = sampling;
    const penalises = repeatPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0;
    const links: Pointer[] = [];
    if (penalises) {
      const size = this.vocabulary.size;
      links.push(
        api.sampler_init_penalties(size, penaltyWindow, repeatPenalty, frequencyPenalty, presencePenalty),
      );
    }
    if (temperature === 0) return [...links, api.sampler_init_greedy()];
    if (topK > 0) links.push(api.sampler_init_top_k(topK));
    if (topP < 1) links.push(api.sampler_init_top_p(topP, 1));
    if (minP > 0) links.push(api.sampler_init_min_p(minP, 1));
    return [...links, api.sampler_init_temp(temperature), api.sampler_init_dist(seed)];
  }

  #openGrammar(grammar: string): Pointer {
    takeLog();
    const pointer = this.api.sampler_init_grammar(this.vocabulary.pointer, grammar, 'root');
    if (!pointer) throw new AppError('GENERATION_FORMAT_UNSUPPORTED', { reason: takeLog().join('; ') });
    return pointer;
  }

  /** Draws freely first and looks whether the grammar agrees, which it mostly does: testing one token is cheap, testing all is not. */
  #sampleWithin(grammar: Pointer, context: LlamaContext, index: number): number | null {
    const candidates = Candidates.of(this.api, context.logits(index));
    candidates.apply(this.#chain);
    let token = candidates.selectedToken();
    if (!this.#isAllowed(grammar, token)) {
      candidates.reset();
      candidates.apply(grammar);
      if (!candidates.hasAny()) return null;
      candidates.apply(this.#chain);
      token = candidates.selectedToken();
    }
    this.api.sampler_accept(grammar, token);
    this.api.sampler_accept(this.#chain, token);
    return token;
  }

  /** llama.cpp throws across the C border when a grammar is given a token that it does not allow. */
  #isAllowed(grammar: Pointer, token: number): boolean {
    const candidate = Candidates.one(this.api, token);
    candidate.apply(grammar);
    return candidate.hasAny();
  }
}
