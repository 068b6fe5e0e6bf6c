/** A text encoding small enough to check by eye: a token a byte, three control tokens, ChatML-like turns. */
import type { TextEncoding } from '../../worker/data/tokenise.js';

export const BOS = 256;
export const EOS = 257;
export const TURN = 258;

const bytes = (text: string) => [...new TextEncoder().encode(text)];

export const byteEncoding: TextEncoding = {
  vocabulary: {
    bos: BOS,
    eos: EOS,
    eot: EOS,
    addsBos: true,
    tokenize: (text) => Int32Array.from(bytes(text)),
    isEndOfGeneration: (token) => token === EOS,
  },
  template: {
    encodeConversation: (turns, { addGenerationPrompt }) =>
      Int32Array.from([
        BOS,
        ...turns.flatMap(({ role, content }) => [
          TURN,
          ...bytes(`${role[0]}:${content}`),
          EOS,
          ...bytes('\n'),
        ]),
        ...(addGenerationPrompt ? [TURN, ...bytes('a:')] : []),
      ]),
  },
};

/** Ids back to text, control tokens in angle brackets. */
export function show(ids: Iterable<number>): string {
  const names = new Map([
    [BOS, '<bos>'],
    [EOS, '<eos>'],
    [TURN, '<turn>'],
  ]);
  return [...ids].map((id) => names.get(id) ?? String.fromCharCode(id)).join('');
}
