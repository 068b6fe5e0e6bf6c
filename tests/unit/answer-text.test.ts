import { describe, expect, it } from 'vitest';
import { AnswerText } from '../../worker/inference/loop/answer-text.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const pushAll = (text: AnswerText, pieces: (string | Uint8Array)[]) =>
  pieces.map((piece) => text.push(typeof piece === 'string' ? bytes(piece) : piece).text);

describe('text of an answer', () => {
  it('waits for the rest of a character', () => {
    const [half, rest] = [bytes('é').slice(0, 1), bytes('é').slice(1)];
    expect(pushAll(new AnswerText([]), ['a', half, rest, 'b'])).toEqual(['a', '', 'é', 'b']);
  });

  it('drops half a character at the end', () => {
    const text = new AnswerText([]);
    text.push(bytes('世').slice(0, 2));
    expect(text.end().text).toBe('');
  });

  it('replaces NUL, which no database keeps', () => {
    expect(new AnswerText([]).push(Uint8Array.of(65, 0, 66)).text).toBe('A\uFFFDB');
  });

  it('ends before a stop string that comes in pieces', () => {
    const text = new AnswerText(['END']);
    expect(pushAll(text, ['one E', 'N'])).toEqual(['one ', '']);
    expect(text.push(bytes('D two'))).toMatchObject({ text: '', isStopped: true });
  });

  it('shows what only looked like a stop string', () => {
    expect(pushAll(new AnswerText(['END']), ['E', 'N', 'E', 'x'])).toEqual(['', '', 'EN', 'Ex']);
  });

  it('takes the earliest of several stop strings', () => {
    expect(new AnswerText(['later', 'now']).push(bytes('do it now or later'))).toMatchObject({
      text: 'do it ',
      isStopped: true,
    });
  });

  it('shows held text at the end', () => {
    const text = new AnswerText(['\n\n']);
    text.push(bytes('done\n'));
    expect(text.end()).toMatchObject({ text: '\n', tokens: 1 });
  });

  it('counts tokens whose text is shown, and none of a stop string', () => {
    const text = new AnswerText(['STOP']);
    expect(text.push(bytes('a')).tokens).toBe(1);
    expect(text.push(bytes('ST')).tokens).toBe(1);
    expect(text.push(bytes('OP')).tokens).toBe(1);
  });
});
