/** What an evaluation asks both versions beside the held-out pairs: the prompts of sets, a reward model's word, and how far they are apart. */
import { writeFile } from 'node:fs/promises';
import { AppError } from '../../common/contracts/errors.js';
import type { EvaluatedSet, PromptSetResult, RewardVerdict } from '../../common/contracts/evaluations.js';
import { runConfigSchema } from '../../common/contracts/runs.js';
import {
  checkAnswer,
  estimateKl,
  summariseRewards,
  summariseSet,
  type CheckedPrompt,
  type ComparedAnswers,
} from '../runs/compare-answers.js';
import type { RewardModelSource, ScoredPrompt } from '../runs/reward-scorer.js';
import type { RunRequest } from '../runs/run-request.js';
import type { NamedRewardModel } from '../scoring/reward-source.js';
import { askTask, type TaskOptions } from './ask-task.js';
import type { SampledText, SamplePrompt } from './task.js';

/** Length of an answer to a set's prompt, tokens. */
const answerTokens = 256;
/** An answer that the trainer cannot read whole says nothing of the distance. */
const config = runConfigSchema.parse({ kind: 'sft', tooLong: 'drop' });

export interface AskedSet extends EvaluatedSet {
  prompts: readonly CheckedPrompt[];
}

export interface JudgedSets {
  promptSets: PromptSetResult[];
  reward: RewardVerdict | null;
  /** By the sets' order, then the prompts'. */
  answers: (CheckedPrompt & ComparedAnswers & { setId: string })[];
}

/** Held-out prompts that both versions have answered already. */
export interface AnsweredPrompts {
  prompts: readonly SamplePrompt[];
  candidate: readonly string[];
  live: readonly string[];
}

export class SetJudge {
  /** @param options.signal  ends the processes at once */
  constructor(private readonly options: TaskOptions) {}

  /**
   * @param versions  requests of both versions, of which model and adapter are read
   * @param reward    null where the base has no reward model
   */
  async judge(
    { candidate, live }: { candidate: RunRequest; live: RunRequest },
    sets: readonly AskedSet[],
    { heldOut, reward }: { heldOut: AnsweredPrompts; reward: NamedRewardModel | null },
  ): Promise<JudgedSets> {
    const asked = sets.flatMap((set) => set.prompts.map((prompt) => ({ set, prompt })));
    const prompts = asked.map(({ prompt }) => toSamplePrompt(prompt));
    const texts = async (version: RunRequest) =>
      (await this.answer(version, prompts)).map(({ text }) => text);
    const said = { candidate: await texts(candidate), live: await texts(live) };
    const scored = (given: AnsweredPrompts): ScoredPrompt[] =>
      given.prompts.map(({ turns }, index) => ({
        turns,
        answers: [given.candidate[index] ?? '', given.live[index] ?? ''],
      }));
    const scores = reward
      ? await this.score(reward.source, [...scored(heldOut), ...scored({ prompts, ...said })])
      : [];
    const ofSets = scores.slice(heldOut.prompts.length);
    const answers = asked.map(({ set, prompt }, index) => ({
      setId: set.id,
      ...prompt,
      candidate: checkAnswer(prompt, said.candidate[index] ?? '', ofSets[index]?.[0] ?? null),
      live: checkAnswer(prompt, said.live[index] ?? '', ofSets[index]?.[1] ?? null),
    }));
    const ofQuality = ofSets.filter((_, index) => asked[index]?.set.purpose === 'quality');
    return {
      promptSets: sets.map(({ prompts: _, ...set }) =>
        summariseSet(
          set,
          answers.filter(({ setId }) => setId === set.id),
        ),
      ),
      reward:
        reward && summariseRewards(reward.name, [...scores.slice(0, heldOut.prompts.length), ...ofQuality]),
      answers,
    };
  }

  /**
   * Answers that the candidate draws freely are what its distance from the live version is measured on.
   *
   * @param file  where they are written for both versions to read; it stays
   */
  async measureKl(
    { candidate, live }: { candidate: RunRequest; live: RunRequest },
    prompts: readonly SamplePrompt[],
    { maxTokens, file: dataPath }: { maxTokens: number; file: string },
  ): Promise<number | null> {
    const drawn = await this.answer(candidate, prompts, { temperature: 1, maxTokens });
    const answers = prompts.flatMap(({ turns }, index) => {
      const { text = '', ended = false } = drawn[index] ?? {};
      return text.trim() === '' ? [] : [{ turns, text, ended }];
    });
    if (answers.length === 0) return null;
    await writeFile(dataPath, answers.map((answer) => `${JSON.stringify(toRow(answer))}\n`).join(''));
    const logProbs = async (version: RunRequest) => {
      const request = { ...version, config, dataPath, heldOutPath: null };
      const read = await askTask({ type: 'log_probs', request }, this.options);
      // Read again, every answer ends its turn; one that was cut off never drew that token.
      return read.answers.map(({ line, logProbs }) =>
        answers[line - 1]?.ended ? logProbs : logProbs.slice(0, -1),
      );
    };
    try {
      return estimateKl(await logProbs(candidate), await logProbs(live));
    } catch (error) {
      if (error instanceof AppError && error.code === 'DATA_EMPTY') return null;
      throw error;
    }
  }

  private async answer(
    { modelPath, startAdapterPath: adapterPath, llamaDirectory }: RunRequest,
    prompts: readonly SamplePrompt[],
    { temperature = 0, maxTokens = answerTokens }: { temperature?: 0 | 1; maxTokens?: number } = {},
  ): Promise<SampledText[]> {
    if (prompts.length === 0) return [];
    const version = { modelPath, adapterPath, llamaDirectory };
    const task = { type: 'sample' as const, ...version, prompts: [...prompts], maxTokens, temperature };
    return (await askTask(task, this.options)).answers;
  }

  /** Answers that say nothing are scored like the others: that is what the version said. */
  private async score(
    source: RewardModelSource,
    prompts: readonly ScoredPrompt[],
  ): Promise<(readonly [number, number])[]> {
    if (prompts.length === 0) return [];
    const asked = prompts.map(({ turns, answers }) => ({ turns: [...turns], answers: [...answers] }));
    const { scores } = await askTask({ type: 'score', source, prompts: asked }, this.options);
    return scores.map(([candidate = 0, live = 0]) => [candidate, live] as const);
  }
}

const toRow = ({ turns, text }: Pick<SamplePrompt, 'turns' | 'text'>) => ({
  prompt: turns,
  completion: [{ role: 'assistant', content: text }],
});

const toSamplePrompt = ({ messages }: CheckedPrompt): SamplePrompt => ({
  turns: [...messages],
  text: messages.at(-1)?.content ?? '',
});
