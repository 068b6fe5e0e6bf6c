/**
 * A reward model at work: one score an answer, as the training engine computes it. Serving has no head to score with, and the scores that
 * order answers are to be the very numbers that the reward run was judged by.
 */
import { AppError } from '../../common/contracts/errors.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import { openVocabulary, type OpenVocabulary } from '../../common/llama/vocabulary.js';
import { ChatTemplate } from '../data/chat-template.js';
import { layOut } from '../data/layout.js';
import { tokeniseExamples } from '../data/tokenise.js';
import { hasScoreHead, loadAdapterFile, readAdapterFile, shapeOfAdapter } from '../nn/adapter-file.js';
import { openModel } from '../nn/open-model.js';
import type { TrainableModel } from '../nn/trainable-model.js';
import { libraryOptions } from './prepare-run.js';
import type { RunRequest } from './run-request.js';

export type RewardModelSource = Pick<RunRequest, 'modelPath' | 'gpu' | 'llamaDirectory' | 'threads'> & {
  /** Adapter of a reward run, its head within. */
  adapterPath: string;
};

/** One prompt and the answers to it that are scored; the prompt is computed once for all of them. */
export interface ScoredPrompt {
  turns: readonly ChatTurn[];
  answers: readonly string[];
}

export interface ScoringOptions {
  signal?: AbortSignal;
}

/** What the template puts around an answer is no more than this. */
const templateTokens = 16;

/** Calls must not overlap. Dispose of it when done: it holds the base's weights. */
export class RewardScorer implements Disposable {
  /** Taken off every score; see `centre`. */
  #mean = 0;

  private constructor(
    private readonly model: TrainableModel,
    private readonly opened: OpenVocabulary,
    private readonly template: ChatTemplate,
  ) {}

  /**
   * @throws AppError `REWARD_MODEL_UNFIT` for an adapter without a head, `ADAPTER_MISMATCH` for one of another base, `GGUF_MISSING` for a
   *   file that is gone, and what `openModel` throws
   */
  static async open(source: RewardModelSource): Promise<RewardScorer> {
    const { modelPath, adapterPath, threads } = source;
    const adapter = await readAdapterFile(adapterPath);
    if (!hasScoreHead(adapter)) throw new AppError('REWARD_MODEL_UNFIT', { path: adapterPath });
    const libraries = libraryOptions(source);
    const model = await openModel(modelPath, {
      mode: 'lora',
      lora: shapeOfAdapter(adapter),
      head: 'reward',
      // They serve backward passes, and none is taken here.
      weights: { transposedCopies: false },
      gpu: source.gpu,
      ...(source.llamaDirectory !== null && { libraries: source.llamaDirectory }),
      ...(threads !== null && { threads }),
    });
    let opened: OpenVocabulary | null = null;
    try {
      await loadAdapterFile(adapterPath, model);
      opened = await openVocabulary(modelPath, libraries);
      return new RewardScorer(model, opened, new ChatTemplate(opened.vocabulary));
    } catch (error) {
      opened?.[Symbol.dispose]();
      model[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Moves the scale so that these answers score 0 on average: differences mean something to a reward model, its zero does not.
   *
   * @source arXiv:2203.02155, section 3.5
   */
  async centre(prompts: readonly ScoredPrompt[], options: ScoringOptions = {}): Promise<void> {
    const scores = (await this.score(prompts, options)).flat();
    if (scores.length === 0) return;
    this.#mean += scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  /**
   * A prompt that is too long loses its beginning, as in training; an answer that is longer than the model reads is judged by its beginning.
   *
   * @returns scores `[prompt][answer]`, higher for what people would prefer
   * @throws AppError `REWARD_NOT_FINITE`; `TRAINING_CANCELLED` when the signal fires
   */
  async score(prompts: readonly ScoredPrompt[], { signal }: ScoringOptions = {}): Promise<number[][]> {
    const scores = await this.scoreAny(prompts, { ...(signal && { signal }) });
    for (const [prompt, row] of scores.entries()) {
      const answer = row.findIndex((score) => !Number.isFinite(score));
      if (answer >= 0) throw new AppError('REWARD_NOT_FINITE', { prompt: prompt + 1, answer: answer + 1 });
    }
    return scores;
  }

  /** The same, with what is no finite number as it is: for those who can do without a score. */
  async scoreAny(prompts: readonly ScoredPrompt[], { signal }: ScoringOptions = {}): Promise<number[][]> {
    const scores: number[][] = [];
    for (const [index, prompt] of prompts.entries())
      scores.push(prompt.answers.length === 0 ? [] : await this.#scoreAnswers(prompt, index + 1, signal));
    return scores;
  }

  async #scoreAnswers(
    { turns, answers }: ScoredPrompt,
    line: number,
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    const { contextLength } = this.model.info;
    const example = {
      line,
      prompt: turns,
      answers: answers.map((text) => [{ role: 'assistant', content: this.#shorten(text) } as const]),
      margins: [],
      desirable: null,
      person: null,
    };
    const { items } = tokeniseExamples(
      [example],
      { vocabulary: this.opened.vocabulary, template: this.template },
      { maxLength: contextLength, contextLength, tooLong: 'truncate', distinctAnswers: false },
    );
    const { batch, spans } = layOut(items, { scores: true, logProbs: false });
    const { scores } = await this.model.forward(batch, { gradients: false, ...(signal && { signal }) });
    return (spans[0] ?? []).map(({ scored }) => (scores[scored] ?? Number.NaN) - this.#mean);
  }

  /** What was drawn token by token may be more tokens when it is read again. */
  #shorten(answer: string): string {
    const longest = this.model.info.contextLength - templateTokens;
    let text = answer;
    for (;;) {
      const { length } = this.opened.vocabulary.tokenize(text, { parseSpecial: false });
      if (length <= longest) return text;
      text = text.slice(0, Math.floor((text.length * longest) / length));
    }
  }

  [Symbol.dispose](): void {
    this.opened[Symbol.dispose]();
    this.model[Symbol.dispose]();
  }
}

/** Index of the best of some scores, the first of equals; -1 for none. */
export function indexOfBest(scores: readonly number[]): number {
  return scores.reduce((best, score, index) => (score > (scores[best] ?? -Infinity) ? index : best), -1);
}
