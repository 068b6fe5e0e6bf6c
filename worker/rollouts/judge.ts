/**
 * A model as the judge of answers: it is asked for a grade, and what counts is the grade that it expects, over the probabilities of all ten
 * digits, rather than the one digit that it would say. So a small model's judgement is graded as finely as it is.
 *
 * Grades are single digits, since a model that begins a ten says 1 first. Liu et al. 2023 (G-Eval), arXiv:2303.16634, section 2.
 */
import type { ChatTurn } from '../../common/contracts/generation.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import type { LoraAdapter } from '../../common/llama/model.js';
import { ChatTemplate } from '../data/chat-template.js';
import type { BatchLoop } from '../inference/loop/batch-loop.js';
import { untilAborted, type PolicySampler } from './policy-sampler.js';
import type { AnsweredPrompt, RewardSource } from './reward-source.js';

const bestGrade = 9;
/** A judge that is less likely than this to say a digit has not understood; what it says then is no grade. */
const leastDigits = 0.01;
/** Alternatives looked at; the ten digits are among them where the judge means to grade. */
const alternatives = 100;

export class JudgeReward implements RewardSource {
  readonly #template: ChatTemplate;

  constructor(
    private readonly sampler: PolicySampler,
    private readonly prompt: string,
    private readonly adapter: LoraAdapter | null,
  ) {
    this.#template = new ChatTemplate(sampler.model.vocabulary);
  }

  /** @returns 0 to 1 for each answer; null for one that the judge gave no grade */
  async score(prompts: readonly AnsweredPrompt[], stopped: AbortSignal): Promise<(number | null)[][]> {
    const signal = untilAborted(stopped);
    const asked = prompts.map(({ turns, answers }) => answers.map((answer) => this.#encode(turns, answer)));
    const longest = Math.max(1, ...asked.flat().map(({ length }) => length));
    await using loop = this.sampler.openLoop(Math.max(1, asked.flat().length), longest + 2);
    const graded = asked.map((group) => Promise.all(group.map((ids) => this.#grade(loop, ids, signal))));
    const grades = await Promise.all(graded);
    signal.throwIfAborted();
    return grades;
  }

  #encode(turns: readonly ChatTurn[], answer: string): Int32Array {
    const question = turns.map(({ role, content }) => `${role}: ${content}`).join('\n');
    const content = `${this.prompt}\n\nConversation:\n${question}\n\nAnswer to be graded:\n${answer}\n\nGive the answer a grade from 0 (worst) to 9 (best). Say the digit alone.`;
    return this.#template.encodeConversation([{ role: 'user', content }], { addGenerationPrompt: true });
  }

  async #grade(loop: BatchLoop, prompt: Int32Array, signal: AbortSignal): Promise<number | null> {
    const said: { text: string; logProb: number }[] = [];
    await loop.generate({
      prompt,
      adapter: this.adapter,
      sampling: { ...defaultSampling, temperature: 0, maxTokens: 1 },
      seed: 0,
      topLogProbs: alternatives,
      grammar: null,
      signal,
      onDelta: ({ logProbs }) => said.push(...(logProbs[0]?.top ?? [])),
    });
    return expectedGrade(said);
  }

  [Symbol.dispose](): void {
    this.adapter?.[Symbol.dispose]();
  }
}

/**
 * @param said  tokens that the judge might say first, with their log-probs
 * @returns the expected grade, 0 to 1; null when hardly any of them is a digit
 */
export function expectedGrade(said: readonly { text: string; logProb: number }[]): number | null {
  const digits = said
    .map(({ text, logProb }) => ({ digit: text.trim(), probability: Math.exp(logProb) }))
    .filter(({ digit }) => /^[0-9]$/.test(digit));
  const mass = digits.reduce((sum, { probability }) => sum + probability, 0);
  if (mass < leastDigits) return null;
  const grade = digits.reduce((sum, { digit, probability }) => sum + Number(digit) * probability, 0) / mass;
  return grade / bestGrade;
}
