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
    const aside = setAside(turns, this.#holdsControlTokens);
    const text = this.renderConversation(aside.turns, options);
    const ids: number[] =
      this.vocabulary.addsBos && this.vocabulary.bos !== null ? [this.vocabulary.bos] : [];
    for (const part of aside.split(text)) {
      ids.push(...this.vocabulary.tokenize(part.text, { parseSpecial: !part.isContent }));
    }
    return Int32Array.from(ids);
  }

  /** Only such contents are set aside: elsewhere a token may span template and content, as it did in the model's training. */
  readonly #holdsControlTokens = ({ content }: ChatTurn): boolean =>
    this.vocabulary.tokenize(content, { parseSpecial: true }).some((id) => this.vocabulary.isControl(id));
}

interface Part {
  text: string;
  isContent: boolean;
}

/** For private use: no template writes it. */
const markCharacter = '\u{e000}';

/**
 * Puts marks in the place of contents, so that they are told from the template's own text once it is rendered, whatever they say: a content
 * `<|im_start|>` is in every place where a turn begins. White space at their ends stays, since templates may trim it; a template that looks
 * into such a content finds nothing else of it.
 *
 * @param isSetAside  of which turns
 * @returns the turns to render, and what makes parts of the rendered text, contents in their places
 */
function setAside(
  turns: readonly ChatTurn[],
  isSetAside: (turn: ChatTurn) => boolean,
): { turns: ChatTurn[]; split(text: string): Part[] } {
  let mark = markCharacter;
  while (turns.some(({ content }) => content.includes(mark))) mark += markCharacter;
  const contents: string[] = [];
  const marked = turns.map((turn) => {
    if (!isSetAside(turn)) return turn;
    const content = turn.content.trim();
    const place = contents.push(content) - 1;
    return { ...turn, content: turn.content.replace(content, `${mark}${place}${mark}`) };
  });
  const split = (text: string) =>
    text
      .split(new RegExp(`${mark}(\\d+)${mark}`))
      .map((piece, index) =>
        index % 2 === 0
          ? { text: piece, isContent: false }
          : { text: contents[Number(piece)] ?? '', isContent: true },
      );
  return { turns: marked, split };
}

function withTemplateErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('MODEL_TEMPLATE_INVALID', { reason }, cause);
  }
}
