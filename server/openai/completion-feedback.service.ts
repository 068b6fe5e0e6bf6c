import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppError } from '../../common/contracts/errors.js';
import type { FeedbackMessage } from '../../common/contracts/feedback.js';
import type { Provenance } from '../../common/contracts/generation.js';
import { FeedbackLedger, type FeedbackAct } from '../feedback/feedback-ledger.service.js';
import { GuidelineService } from '../feedback/guideline.service.js';
import { toRecorded, type CompletionFeedback, type RecordedFeedback } from './completion-feedback.js';

interface Choice {
  choice: number;
  generationId: string;
  status: string;
  provenance: Provenance | null;
}
type Thumb = Extract<CompletionFeedback, { kind: 'thumb' }>;
type Comparison = Extract<CompletionFeedback, { kind: 'comparison' }>;
/** What is said, without who says it and of which completion. */
type Said = Pick<FeedbackAct, 'kind' | 'subjectId' | 'payload' | 'messages'>;

/** Feedback of other front ends on the completions that they asked for, in the same ledger as the page's. */
@Injectable()
export class CompletionFeedbackService {
  constructor(
    private readonly db: DataSource,
    private readonly ledger: FeedbackLedger,
    private readonly guidelines: GuidelineService,
  ) {}

  /**
   * @param userId  whose key asks: only their own completions are there
   * @throws AppError `RESOURCE_NOT_FOUND`, `FEEDBACK_ANSWER_RUNNING`, `FEEDBACK_NOT_RATEABLE`, `FEEDBACK_TAG_UNKNOWN`,
   *   `FEEDBACK_CRITERION_UNKNOWN`
   */
  async record(userId: string, completionId: string, body: CompletionFeedback): Promise<RecordedFeedback> {
    const choices = await this.listChoices(userId, completionId);
    const said =
      body.kind === 'thumb'
        ? await this.toThumb(choices, body)
        : await this.toComparison(choices, body, completionId);
    const event = await this.ledger.record({ ...said, userId, completionId, durationMs: body.duration_ms });
    return toRecorded(event, completionId);
  }

  private async toThumb(choices: readonly Choice[], thumb: Thumb): Promise<Said> {
    const { value, tags, score, comment } = thumb;
    if (value) await this.guidelines.assertTags(tags, value);
    const rated = toAnswer(choices, thumb.choice, 'rated');
    const payload = value
      ? { kind: 'thumb' as const, value, tags: unique(tags), score, comment }
      : { kind: 'withdrawn' as const };
    return { kind: 'thumb', subjectId: rated.messageId, payload, messages: [rated] };
  }

  private async toComparison(
    choices: readonly Choice[],
    { left, right, outcome, tags, criteria, comment }: Comparison,
    completionId: string,
  ): Promise<Said> {
    if (left === right)
      throw new AppError('REQUEST_INVALID', { param: 'right', issues: ['right: another choice than left'] });
    await this.guidelines.assertTags(tags, 'comparison');
    await this.guidelines.assertCriteria(Object.keys(criteria));
    return {
      kind: 'comparison',
      subjectId: toPairId(completionId, [left, right]),
      payload: { kind: 'comparison', outcome, tags: unique(tags), criteria, comment },
      messages: [toAnswer(choices, left, 'left'), toAnswer(choices, right, 'right')],
    };
  }

  private async listChoices(userId: string, completionId: string): Promise<Choice[]> {
    const choices = await this.db.query<Choice[]>(
      `SELECT cc.choice, g.id AS "generationId", g.status, g.provenance
       FROM completions a
         JOIN completion_choices cc ON cc.completion_id = a.id
         JOIN generations g ON g.id = cc.generation_id
       WHERE a.id = $1 AND a.user_id = $2`,
      [completionId, userId],
    );
    if (choices.length === 0) throw new AppError('RESOURCE_NOT_FOUND', { resource: 'completion' });
    return choices;
  }
}

function toAnswer(choices: readonly Choice[], index: number, role: FeedbackMessage['role']): FeedbackMessage {
  const found = choices.find(({ choice }) => choice === index);
  if (!found) throw new AppError('RESOURCE_NOT_FOUND', { resource: `choice ${index} of this completion` });
  if (found.status === 'queued' || found.status === 'running') throw new AppError('FEEDBACK_ANSWER_RUNNING');
  if (found.status === 'failed' || !found.provenance) throw new AppError('FEEDBACK_NOT_RATEABLE');
  return { messageId: found.generationId, role, provenance: found.provenance };
}

const unique = (tags: readonly string[]): string[] => [...new Set(tags)].sort();

/** Two choices have no row of their own: what names them is made from what they are, whichever side each stood on. */
function toPairId(completionId: string, pair: readonly number[]): string {
  const hash = createHash('sha256')
    .update(`${completionId} ${pair.toSorted((a, b) => a - b).join(' ')}`)
    .digest('hex');
  // RFC 9562, version 8: 122 bits of one's own.
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
