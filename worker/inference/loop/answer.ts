/** One answer as the batch loop is asked for it and as it reports it. */
import type { StopReason, TokenLogProb } from '../../../common/contracts/generation.js';
import type { Sampling } from '../../../common/contracts/sampling.js';
import type { LoraAdapter } from '../../../common/llama/model.js';

export interface AnswerRequest {
  /** Token ids up to where the answer goes on. */
  prompt: ArrayLike<number>;
  /** How many of the prompt's last tokens are the answer's own beginning; penalties and grammar take them into account. Default 0. */
  prefixTokens?: number;
  /** Null is the base model. */
  adapter: LoraAdapter | null;
  /** `maxTokens` counts from the end of the prompt. */
  sampling: Sampling;
  seed: number;
  /** Alternatives to report beside each token's log-prob; null reports neither. */
  topLogProbs: number | null;
  /** Log-probs of the distribution that sampling at this temperature draws from; default 1, as the model gave them. */
  logProbTemperature?: number;
  /** GBNF, or null. */
  grammar: string | null;
  signal?: AbortSignal;
  /** Told after each step of the answer's share of what it took, ms: by its tokens among all that were computed together. */
  onComputed?: (ms: number) => void;
  /** Called in order, while the next step computes. Must be quick and must not throw. */
  onDelta: (delta: AnswerDelta) => void;
}

export interface AnswerDelta {
  /** Whole characters; text that may yet turn out to be a stop string is held back. */
  text: string;
  /** Of the tokens that the text so far is made of, each once; empty unless asked for. */
  logProbs: TokenLogProb[];
}

export interface AnswerOutcome {
  stopReason: Exclude<StopReason, 'failed'>;
  promptTokens: number;
  /** Of the prompt, found in a cache. */
  cachedTokens: number;
  /** Ids that were drawn; the one that ended the answer is not among them. */
  tokens: number[];
  /** The token by which the model ended the answer, its log-prob where log-probs were asked for; null where something else ended it. */
  end: { token: number; logProb: number | null } | null;
  /** `performance.now()` of the first drawn token; null when there was none. */
  firstTokenAt: number | null;
}
