import { describe, expect, it } from 'vitest';
import type { AnswerDetails } from '../../common/contracts/conversations.js';
import { defaultSampling } from '../../common/contracts/sampling.js';
import { noDetails, toBlindDetails } from '../../server/chat/answer-details.js';

const known: AnswerDetails = {
  stopReason: 'length',
  context: { promptTokens: 3, contextTokens: 512, droppedTurns: 0 },
  usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 2 },
  timings: { firstTokenMs: 1, totalMs: 2, queueMs: 0, tokensPerSecond: 1000 },
  provenance: {
    modelVersionId: 'a3bb189e-8bf9-4888-9912-ace4e6543002',
    modelName: 'small',
    modelSha256: '0'.repeat(64),
    adapterSha256: null,
    templateHash: '0'.repeat(64),
    sampling: defaultSampling,
    seed: 1,
    engine: 'test',
  },
  error: null,
};

describe('what may be told of one side of a blind comparison', () => {
  it('is as much as of an answer that has not begun', () => {
    expect(toBlindDetails(known)).toEqual(noDetails);
  });

  it('is that it failed, and not why', () => {
    const error = { code: 'GENERATION_MODEL_MISSING', message: 'The model version small is gone.' };
    const told = toBlindDetails({ ...known, error });
    expect({ ...told, error: null }).toEqual(noDetails);
    expect(told.error?.code).toBe('FEEDBACK_SIDE_FAILED');
    expect(JSON.stringify(told)).not.toContain('small');
  });
});
