/** An answer in a slot: its sampler, its text so far, and what ends it. */
import type { StopReason } from '../../../common/contracts/generation.js';
import type { TokenLogProb } from '../../../common/contracts/generation.js';
import { Sampler } from '../../../common/llama/sampler.js';
import type { LlamaModel } from '../../../common/llama/model.js';
import { AppError } from '../../../common/contracts/errors.js';
import type { AnswerOutcome, AnswerRequest } from './answer.js';
import { AnswerText } from './answer-text.js';
import { toTokenLogProb } from './token-log-probs.js';

export class RunningAnswer implements Disposable {
  /** Prompt and drawn tokens: what the slot's cache is to hold before the next token can be drawn. */
  readonly sequence: number[];
  readonly sampler: Sampler;
  cachedTokens = 0;
  firstTokenAt: number | null = null;
  readonly #promptTokens: number;
  readonly #text: AnswerText;
  /** Log-probs of tokens whose text is not shown yet. */
  readonly #logProbs: TokenLogProb[] = [];
  #reportedTokens = 0;
  #end: AnswerOutcome['end'] = null;

  /** @throws AppError `GENERATION_FORMAT_UNSUPPORTED` */
  constructor(
    private readonly model: LlamaModel,
    readonly request: AnswerRequest,
  ) {
    this.sequence = Array.from(request.prompt);
    this.#promptTokens = this.sequence.length;
    this.#text = new AnswerText(request.sampling.stop);
    this.sampler = new Sampler(model.api, model.vocabulary, request);
    this.#acceptPrefix();
  }

  get drawnTokens(): number {
    return this.sequence.length - this.#promptTokens;
  }

  /**
   * Takes a drawn token.
   *
   * @param token          null when the grammar allowed none
   * @param logits         when log-probs are wanted
   * @param contextTokens  longest sequence that the slot can hold
   * @returns why the answer ends with it, or null
   */
  take(
    token: number | null,
    logits: Float32Array | null,
    contextTokens: number,
  ): AnswerOutcome['stopReason'] | null {
    this.firstTokenAt ??= performance.now();
    if (token === null) return 'end';
    if (this.model.vocabulary.isEndOfGeneration(token)) {
      this.#end = { token, logProb: logits && this.#describe(token, logits).logProb };
      return 'end';
    }
    this.sequence.push(token);
    if (this.drawnTokens >= this.request.sampling.maxTokens) return 'length';
    return this.sequence.length >= contextTokens ? 'context' : null;
  }

  /** Shows what a token adds. @param logits  when log-probs are wanted @returns true when a stop string was met */
  show(token: number, logits: Float32Array | null): boolean {
    if (logits) this.#logProbs.push(this.#describe(token, logits));
    const shown = this.#text.push(this.model.vocabulary.tokenBytes(token));
    this.#report(shown.text, shown.tokens);
    return shown.isStopped;
  }

  /** Shows what was held back. */
  showRest(): void {
    const shown = this.#text.end();
    this.#report(shown.text, shown.tokens);
  }

  toOutcome(stopReason: Exclude<StopReason, 'failed'>): AnswerOutcome {
    return {
      stopReason,
      promptTokens: this.#promptTokens,
      cachedTokens: this.cachedTokens,
      tokens: this.sequence.slice(this.#promptTokens),
      end: this.#end,
      firstTokenAt: this.firstTokenAt,
    };
  }

  [Symbol.dispose](): void {
    this.sampler[Symbol.dispose]();
  }

  #describe(token: number, logits: Float32Array): TokenLogProb {
    const { topLogProbs, logProbTemperature = 1 } = this.request;
    const tempered = logProbTemperature === 1 ? logits : logits.map((logit) => logit / logProbTemperature);
    return toTokenLogProb(this.model.vocabulary, tempered, token, topLogProbs ?? 0);
  }

  #report(text: string, shownTokens: number): void {
    const logProbs = this.#logProbs.splice(0, shownTokens - this.#reportedTokens);
    this.#reportedTokens = shownTokens;
    if (text !== '' || logProbs.length > 0) this.request.onDelta({ text, logProbs });
  }

  #acceptPrefix(): void {
    const prefix = this.sequence.slice(this.sequence.length - (this.request.prefixTokens ?? 0));
    if (prefix.every((token) => this.sampler.accept(token))) return;
    this[Symbol.dispose]();
    throw new AppError('GENERATION_FORMAT_UNSUPPORTED', {
      reason: 'the text to go on from does not have the asked-for form',
    });
  }
}
