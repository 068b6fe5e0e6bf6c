/**
 * Cuts text into the pieces within which byte pairs may merge, as llama.cpp does for `tokenizer.ggml.pre = "qwen2"`: every digit stands
 * alone, which helps sums, and punctuation may lead a word.
 */

/** What the GGUF names this rule. */
export const preTokenizerName = 'qwen2';

const piece =
  /(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

/** The pieces of a text, in order; joined they are the text again. */
export function splitIntoPieces(text: string): string[] {
  return text.match(piece) ?? [];
}
