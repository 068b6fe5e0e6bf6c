/** What each phase trains on: token ids, and which of them the model must learn to predict. */
import { naturalRates, type Rates } from '../generator/answer.js';
import { renderConversation, turnBody, turnHead } from '../generator/chat-template.js';
import { generateConversation, generateDocument, type Message } from '../generator/conversation.js';
import type { Random } from '../random.js';
import { specialTokens, type Vocabulary } from '../tokenizer/vocabulary.js';
import type { PhaseRecipe } from './recipe.js';

export interface Example {
  tokens: readonly number[];
  /** Same length: true where the token is a target; the first never is. */
  targets: readonly boolean[];
}

/** Share of pretraining examples that are plain documents; the rest are conversations. */
const documentShare = 0.25;

export function drawExample(
  { learns, rates }: Pick<PhaseRecipe, 'learns' | 'rates'>,
  vocabulary: Vocabulary,
  random: Random,
): Example {
  const natural: Rates = naturalRates;
  if (learns === 'answers')
    return toAnswers(vocabulary, generateConversation(random, { ...natural, ...rates }));
  const text =
    random() < documentShare
      ? `${generateDocument(random)}${specialTokens.endOfText}`
      : renderConversation(generateConversation(random));
  const tokens = vocabulary.encode(text);
  return { tokens, targets: tokens.map((_, index) => index > 0) };
}

/** The text that the vocabulary is learnt from. */
export function* drawTexts(random: Random, count: number): Generator<string> {
  for (let left = count; left > 0; left -= 1) {
    if (random() < documentShare) yield generateDocument(random);
    else {
      for (const { role, content } of generateConversation(random)) {
        yield `${role}\n`;
        yield content;
      }
    }
  }
}

/** Only what the assistant says, with the end of its turn, is to be learnt. */
function toAnswers(vocabulary: Vocabulary, messages: readonly Message[]): Example {
  const tokens: number[] = [];
  const targets: boolean[] = [];
  for (const message of messages) {
    const head = vocabulary.encode(turnHead(message.role));
    const body = vocabulary.encode(turnBody(message));
    // The line break after the end of a turn belongs to the template.
    const learnt = message.role === 'assistant' ? body.length - 1 : 0;
    tokens.push(...head, ...body);
    targets.push(...head.map(() => false), ...body.map((_, index) => index < learnt));
  }
  return { tokens, targets };
}
