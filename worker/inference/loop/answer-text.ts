/**
 * Bytes of tokens to text that may be shown: whole characters, and nothing that is or may become a stop string.
 *
 * Also says which tokens the shown text is made of, so that their log-probs travel with it.
 */
export interface ShownText {
  text: string;
  /** Number of tokens, from the answer's start, whose text has been shown in full. */
  tokens: number;
  /** True when a stop string was met; the answer ends before it. */
  isStopped: boolean;
}

export class AnswerText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Decoded but not shown. */
  #held = '';
  #shownLength = 0;
  /** Length of the text, in UTF-16 units, after each token that is not shown in full. */
  readonly #ends: number[] = [];
  #shownTokens = 0;

  /** @param stops  none empty */
  constructor(private readonly stops: readonly string[]) {}

  push(bytes: Uint8Array): ShownText {
    this.#held += showable(this.#decoder.decode(bytes, { stream: true }));
    this.#ends.push(this.#shownLength + this.#held.length);
    const stop = this.#findStop();
    if (stop >= 0) return this.#show(stop, true);
    return this.#show(this.#held.length - this.#possibleStopLength(), false);
  }

  /** What was held back, now that no stop string can follow. Half a character at the very end is dropped. */
  end(): ShownText {
    const shown = this.#show(this.#held.length, false);
    return { ...shown, tokens: this.#shownTokens };
  }

  #show(length: number, isStopped: boolean): ShownText {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    this.#shownLength += length;
    while (this.#ends.length > 0 && (this.#ends[0] ?? 0) <= this.#shownLength) {
      this.#ends.shift();
      this.#shownTokens++;
    }
    return { text, tokens: this.#shownTokens, isStopped };
  }

  #findStop(): number {
    const found = this.stops.map((stop) => this.#held.indexOf(stop)).filter((index) => index >= 0);
    return found.length > 0 ? Math.min(...found) : -1;
  }

  /** Longest end of the held text that some stop string begins with. */
  #possibleStopLength(): number {
    let longest = 0;
    for (const stop of this.stops) {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > longest; length--) {
        if (this.#held.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

/** Models may write NUL, which Postgres keeps in no text and no JSON; the replacement character has its length. */
export function showable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
