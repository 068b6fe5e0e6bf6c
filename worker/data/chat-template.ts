/**
 * The chat template: turns of a conversation to the token ids that the model was trained to read.
 *
 * One renderer for serving and for training, so that a preference is learned on the very ids that were answered. Control tokens in what
 * people wrote are read as plain text: nobody can speak in another role by typing `<|im_start|>`.
 */
import { createHash } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import { AppError } from '../../common/contracts/errors.js';
import type { ChatTurn } from '../../common/contracts/generation.js';
import type { Vocabulary } from '../../common/llama/vocabulary.js';

/** For a GGUF that carries no template: ChatML, which most small models know and any can learn. */
export const chatMlTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export interface RenderOptions {
  /** True ends the text where the assistant's next answer begins; false renders complete turns (training). */
  addGenerationPrompt: boolean;
}

export class ChatTemplate {
  /** SHA-256 of the template's text, hex: part of an answer's provenance and of a dataset's hash. */
  readonly templateHash: string;
  readonly #template: Template;
  readonly #bosText: string;
  readonly #eosText: string;

  /** @throws AppError `MODEL_TEMPLATE_INVALID` when the file's template is not Jinja that can be read */
  constructor(private readonly vocabulary: Vocabulary) {
    const source = vocabulary.chatTemplate?.trim() ? vocabulary.chatTemplate : chatMlTemplate;
    this.templateHash = createHash('sha256').update(source).digest('hex');
    this.#bosText = vocabulary.bos === null ? '' : vocabulary.tokenText(vocabulary.bos);
    this.#eosText = vocabulary.eos === null ? '' : vocabulary.tokenText(vocabulary.eos);
    this.#template = withTemplateErrors(() => new Template(source));
  }

  /**
   * @returns the text as the template writes it, without BOS, which `encodeConversation` puts first where the model wants it
   * @throws AppError `MODEL_TEMPLATE_INVALID` when the template refuses these turns (some want user and assistant to alternate)
   */
  renderConversation(turns: readonly ChatTurn[], { addGenerationPrompt }: RenderOptions): string {
    const text = withTemplateErrors(() =>
      this.#template.render({
        messages: turns.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: addGenerationPrompt,
        bos_token: this.#bosText,
        eos_token: this.#eosText,
      }),
    );
    // Only where BOS is added anyway: some models use the token that opens a turn as their BOS.
    const doubled = this.vocabulary.addsBos && this.#bosText !== '' && text.startsWith(this.#bosText);
    return doubled ? text.slice(this.#bosText.length) : text;
  }

  /**
   * @returns token ids of the rendered text, BOS first (once) where the model was trained with it
   * @throws AppError `MODEL_TEMPLATE_INVALID`
   */
  encodeConversation(turns: readonly ChatTurn[], options: RenderOptions): Int32Array {
    const text = this.renderConversation(turns, options);
    const ids: number[] =
      this.vocabulary.addsBos && this.vocabulary.bos !== null ? [this.vocabulary.bos] : [];
    for (const part of splitAtContents(text, turns.filter(this.#holdsControlTokens))) {
      ids.push(...this.vocabulary.tokenize(part.text, { parseSpecial: !part.isContent }));
    }
    return Int32Array.from(ids);
  }

  /** Only such contents are cut out of the text: elsewhere a token may span template and content, as it did in the model's training. */
  readonly #holdsControlTokens = ({ content }: ChatTurn): boolean =>
    this.vocabulary.tokenize(content, { parseSpecial: true }).some((id) => this.vocabulary.isControl(id));
}

interface Part {
  text: string;
  isContent: boolean;
}

/** Templates may trim a content but keep the order of turns; one that is not found again stays with the template's text. */
function splitAtContents(text: string, turns: readonly ChatTurn[]): Part[] {
  const parts: Part[] = [];
  let cursor = 0;
  for (const { content } of turns) {
    const wanted = text.indexOf(content, cursor) >= 0 ? content : content.trim();
    const start = text.indexOf(wanted, cursor);
    if (start < 0) continue;
    parts.push({ text: text.slice(cursor, start), isContent: false }, { text: wanted, isContent: true });
    cursor = start + wanted.length;
  }
  return [...parts, { text: text.slice(cursor), isContent: false }];
}

function withTemplateErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('MODEL_TEMPLATE_INVALID', { reason }, cause);
  }
}
