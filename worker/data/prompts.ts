/** Prompts to be answered by the model in training, on exactly the ids that serving reads. */
import { AppError } from '../../common/contracts/errors.js';
import type { OnlineConfig } from '../../common/contracts/runs.js';
import type { Example, Text } from '../../common/data/rows.js';
import type { Item, TextEncoding, TokeniseReport } from './tokenise.js';

export interface PreparedPrompts {
  /** One sequence each: the prompt, with nothing to learn. */
  items: Item[];
  /** The same as they were written, item by item. */
  prompts: Text[];
  report: TokeniseReport;
}

/**
 * A prompt that leaves no room for the longest answer loses its beginning, or is left out, as the settings say. Both are counted.
 *
 * @param contextLength  what the model can read, tokens
 * @throws AppError `RUN_CONFIG_INVALID` when the longest answer alone fills that, or the longest conversation
 */
export function preparePrompts(
  examples: readonly Example[],
  encoding: TextEncoding,
  config: OnlineConfig,
  contextLength: number,
): PreparedPrompts {
  const { maxLength, maxNewTokens } = config;
  const limit = Math.min(maxLength, contextLength) - maxNewTokens;
  if (limit < 1) {
    const issue = `maxNewTokens is ${maxNewTokens}, and prompt and answer together have no more: maxLength is ${maxLength}, and the model reads ${contextLength}; choose less`;
    throw new AppError('RUN_CONFIG_INVALID', { issues: [issue] });
  }
  const report = {
    examples: examples.length,
    dropped: 0,
    truncatedPrompts: 0,
    truncatedAnswers: 0,
    longest: 0,
    tokens: 0,
    targets: 0,
  };
  const items: Item[] = [];
  const prompts: Text[] = [];
  for (const { line, prompt } of examples) {
    const whole = encodePrompt(prompt, encoding);
    if (whole.length > limit && config.tooLong === 'drop') {
      report.dropped++;
      continue;
    }
    if (whole.length > limit) report.truncatedPrompts++;
    const tokens = whole.slice(-limit);
    report.longest = Math.max(report.longest, tokens.length);
    report.tokens += tokens.length;
    items.push({ line, sequences: [{ tokens, targets: new Int32Array() }], margins: [], desirable: true });
    prompts.push(prompt);
  }
  return { items, prompts, report };
}

/** Raw text stays raw, as in TRL; a conversation is rendered up to where the answer begins. */
export function encodePrompt(prompt: Text, { vocabulary, template }: TextEncoding): Int32Array {
  if (typeof prompt !== 'string') return template.encodeConversation(prompt, { addGenerationPrompt: true });
  const start = vocabulary.addsBos && vocabulary.bos !== null ? [vocabulary.bos] : [];
  return Int32Array.from([...start, ...vocabulary.tokenize(prompt)]);
}
