/** GPT-2's way to write bytes as printable characters, which is how a GGUF of this kind spells its vocabulary. */

const printable = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
const others = [...range(0, 0xff)].filter((byte) => !printable.includes(byte));

/** The character of each byte, [256]. */
export const byteCharacters: readonly string[] = [...range(0, 0xff)].map((byte) => {
  const index = others.indexOf(byte);
  return String.fromCharCode(index < 0 ? byte : 256 + index);
});

const bytesByCharacter = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** Spells a text by the characters of its UTF-8 bytes. */
export function spell(text: string): string[] {
  return [...Buffer.from(text, 'utf8')].map((byte) => byteCharacters[byte] ?? '');
}

/** The bytes behind a spelling. */
export function unspell(spelling: string): Uint8Array {
  return Uint8Array.from(spelling, (character) => bytesByCharacter.get(character) ?? 0x3f);
}

function* range(first: number, last: number): Generator<number> {
  for (let value = first; value <= last; value += 1) yield value;
}
