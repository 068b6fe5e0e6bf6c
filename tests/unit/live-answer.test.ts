import { describe, expect, it } from 'vitest';
import { LiveAnswer } from '../../worker/inference/live-answer.js';

const token = (text: string) => ({ text, bytes: [], logProb: -1, top: [] });

describe('an answer in the making', () => {
  it('is told again from its beginning, with the log-probs of all its tokens', () => {
    const answer = new LiveAnswer('an id');
    answer.append('Hel', [token('Hel')]);
    answer.append('lo', [token('lo')]);
    expect(answer.retell()).toEqual({
      type: 'delta',
      offset: 0,
      text: 'Hello',
      logProbs: [token('Hel'), token('lo')],
    });
  });

  it('is told again without log-probs where none were asked for', () => {
    const answer = new LiveAnswer('an id');
    answer.append('Hello', []);
    expect(answer.retell()).toEqual({ type: 'delta', offset: 0, text: 'Hello' });
  });
});
