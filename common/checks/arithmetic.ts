/** Sums in words or signs, English or Chinese, and whether an answer gives their result. */

const operators: readonly [RegExp, string][] = [
  [/\bplus\b|加上?|＋/giu, '+'],
  [/\bminus\b|减去?|[−–－]/giu, '-'],
  [/\btimes\b|\bmultiplied by\b|乘以?|[×·＊]/giu, '*'],
  [/\bdivided by\b|除以|[÷／]/giu, '/'],
  // A letter between two numbers, as in 3x4.
  [/(?<=\d\s*)x(?=\s*\d)/giu, '*'],
];
const numberText = String.raw`\d+(?:\.\d+)?`;
const sum = new RegExp(`${numberText}(?:\\s*[-+*/]\\s*${numberText})+`, 'u');
const tolerance = 1e-6;

/**
 * Does the answer give the right result? Its last number counts, but for questions that follow.
 *
 * @param asked  the result, or the prompt that has the sum
 * @returns null for a prompt without a sum
 */
export function answersSum(answer: string, asked: number | string): boolean | null {
  const right = typeof asked === 'number' ? asked : findResult(asked);
  if (right === null) return null;
  const said = answer.match(/[^.!?。！？]*(?:\.\d[^.!?。！？]*)*[.!?。！？]?/gu) ?? [];
  const stated = said.filter((sentence) => !/[?？]$/u.test(sentence)).join('');
  const last = stated
    .replaceAll(/(?<=\d),(?=\d{3})/gu, '')
    .match(/[-−]?\d+(?:\.\d+)?/gu)
    ?.at(-1);
  return last !== undefined && Math.abs(toNumber(last) - right) <= tolerance * Math.max(1, Math.abs(right));
}

/** @returns the value of the first sum in the text; null where there is none */
export function findResult(text: string): number | null {
  const signs = operators.reduce((said, [words, sign]) => said.replaceAll(words, sign), text);
  const found = sum.exec(signs.replaceAll(/(?<=\d),(?=\d{3})/gu, ''))?.[0];
  if (!found) return null;
  const value = evaluate(found.match(new RegExp(`${numberText}|[-+*/]`, 'gu')) ?? []);
  return Number.isFinite(value) ? value : null;
}

/** Products before sums, from left to right. */
function evaluate([first = '0', ...rest]: readonly string[]): number {
  let total = 0;
  let term = Number(first);
  for (let at = 0; at < rest.length; at += 2) {
    const value = Number(rest[at + 1]);
    if (rest[at] === '*') term *= value;
    else if (rest[at] === '/') term /= value;
    else {
      total += term;
      term = rest[at] === '-' ? -value : value;
    }
  }
  return total + term;
}

function toNumber(text: string): number {
  return Number(text.replace('−', '-'));
}
