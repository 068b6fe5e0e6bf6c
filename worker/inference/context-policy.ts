/**
 * What of a conversation fits: the oldest turns are left out, the system prompt and the last turn always stay, and how many were left out
 * is told. A user's turn comes first again after the cut, as templates expect.
 */
import { AppError } from '../../common/contracts/errors.js';
import type { ChatTurn, ContextUse } from '../../common/contracts/generation.js';
import type { Vocabulary } from '../../common/llama/vocabulary.js';
import type { ChatTemplate } from '../data/chat-template.js';

export interface PromptQuestion {
  turns: readonly ChatTurn[];
  /** Text that the answer begins with. */
  prefix: string;
  /** Longest sequence. */
  contextTokens: number;
  maxTokens: number;
}

export interface PromptPlan {
  /** Prompt and the answer's beginning. */
  tokens: Int32Array;
  /** How many of them are the answer's beginning. */
  prefixTokens: number;
  context: ContextUse;
}

/** Share of the context that is kept free for the answer, unless it is to be shorter. */
const answerShare = 0.25;
/** No token is longer than this on average, so that what is far beyond the context need not be tokenised to know it. */
const charactersPerToken = 16;

/**
 * @throws AppError `GENERATION_CONTEXT_EXCEEDED` when system prompt, last turn and beginning alone leave no room for an answer;
 *         `MODEL_TEMPLATE_INVALID`
 */
export function planPrompt(
  template: ChatTemplate,
  vocabulary: Vocabulary,
  { turns, prefix, contextTokens, maxTokens }: PromptQuestion,
): PromptPlan {
  const system = turns.filter((turn) => turn.role === 'system');
  const talk = turns.filter((turn) => turn.role !== 'system');
  const needed = [...system, ...talk.slice(-1)];
  assertNotHopeless([...needed.map((turn) => turn.content), prefix], contextTokens);

  const prefixIds = vocabulary.tokenize(prefix, { parseSpecial: false });
  const encode = (dropped: number) =>
    template.encodeConversation([...system, ...talk.slice(dropped)], { addGenerationPrompt: true });
  const reserve = Math.min(maxTokens, Math.floor(contextTokens * answerShare));
  const room = contextTokens - prefixIds.length - reserve;

  const cuts = possibleCuts(talk);
  // The first cut that fits; the more is cut the shorter it gets, so halving finds it.
  let [low, high] = [firstWorthTrying(talk, cuts, contextTokens), cuts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (encode(cuts[middle] ?? 0).length <= room) high = middle;
    else low = middle + 1;
  }
  const droppedTurns = cuts[low] ?? 0;
  const prompt = encode(droppedTurns);
  const tokens = Int32Array.from([...prompt, ...prefixIds]);
  if (tokens.length >= contextTokens)
    throw new AppError('GENERATION_CONTEXT_EXCEEDED', { promptTokens: tokens.length, contextTokens });
  return {
    tokens,
    prefixTokens: prefixIds.length,
    context: { promptTokens: tokens.length, contextTokens, droppedTurns },
  };
}

/** Numbers of oldest turns that may be left out, rising: up to a user's turn, and never the last turn. */
function possibleCuts(talk: readonly ChatTurn[]): number[] {
  const cuts = talk.flatMap((turn, index) => (index === 0 || turn.role === 'user' ? [index] : []));
  const last = Math.max(0, talk.length - 1);
  return cuts.at(-1) === last ? cuts : [...cuts, last];
}

function firstWorthTrying(talk: readonly ChatTurn[], cuts: readonly number[], contextTokens: number): number {
  const limit = contextTokens * charactersPerToken;
  let length = 0;
  let turn = talk.length;
  while (turn > 0 && length + (talk[turn - 1]?.content.length ?? 0) <= limit) {
    turn--;
    length += talk[turn]?.content.length ?? 0;
  }
  const first = cuts.findIndex((cut) => cut >= turn);
  return first < 0 ? cuts.length - 1 : first;
}

function assertNotHopeless(texts: readonly string[], contextTokens: number): void {
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length <= contextTokens * charactersPerToken) return;
  const promptTokens = Math.ceil(length / charactersPerToken);
  throw new AppError('GENERATION_CONTEXT_EXCEEDED', { promptTokens, contextTokens });
}
