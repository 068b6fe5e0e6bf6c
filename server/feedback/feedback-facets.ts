/** What filters, counts and the leaderboard ask of an event, worked out once when it is recorded. */
import type { EntityManager } from 'typeorm';
import type { FeedbackMessage, FeedbackPayload } from '../../common/contracts/feedback.js';
import type {
  FeedbackSource,
  FeedbackVerdict,
  PromptScript,
} from '../../common/contracts/feedback-filter.js';
import { listMessagesById } from '../chat/message-rows.js';
import { detectScript } from './prompt-script.js';

export interface FeedbackFacets {
  verdict: FeedbackVerdict | null;
  tags: readonly string[];
  script: PromptScript;
  /** Of a comparison, the left answer's and the right one's; else each version once. */
  answerVersionIds: readonly string[];
  /** Of a comparison: length of the left answer over the right one's, natural log. */
  logLengthRatio: number | null;
}

interface FacetSource {
  payload: FeedbackPayload;
  messages: readonly FeedbackMessage[];
  source: FeedbackSource;
}

export async function readFacets(
  manager: EntityManager,
  { payload, messages, source }: FacetSource,
): Promise<FeedbackFacets> {
  const ids = messages.map(({ messageId }) => messageId);
  const { prompt, lengths } =
    source === 'chat' ? await readMessages(manager, ids) : await readGenerations(manager, ids);
  const ordered = messages.toSorted((a, b) => Number(b.role === 'left') - Number(a.role === 'left'));
  const [left, right] = ordered.map(({ messageId }) => Math.max(1, lengths.get(messageId) ?? 1));
  const versionIds = ordered.flatMap(({ provenance }) => provenance?.modelVersionId ?? []);
  return {
    verdict:
      payload.kind === 'thumb' ? payload.value : payload.kind === 'comparison' ? payload.outcome : null,
    tags: 'tags' in payload ? payload.tags : [],
    script: detectScript(prompt),
    answerVersionIds: payload.kind === 'comparison' ? versionIds : [...new Set(versionIds)],
    logLengthRatio: payload.kind === 'comparison' && left && right ? Math.log(left / right) : null,
  };
}

interface Texts {
  /** What was answered. */
  prompt: string;
  /** Of the answers, by their ids, UTF-16 units. */
  lengths: Map<string, number>;
}

async function readMessages(manager: EntityManager, ids: readonly string[]): Promise<Texts> {
  const answers = await listMessagesById(manager, ids);
  const parentId = answers[0]?.parentId;
  const [prompt] = parentId ? await listMessagesById(manager, [parentId]) : [];
  return {
    prompt: prompt?.content ?? '',
    lengths: new Map(answers.map(({ id, content }) => [id, content.length])),
  };
}

/** Outside of the chat an answer is a generation, whose last turn is what it answers. */
async function readGenerations(manager: EntityManager, ids: readonly string[]): Promise<Texts> {
  const answers = await manager.query<{ id: string; text: string; prompt: string }[]>(
    `SELECT id, text, coalesce(request->'turns'->-1->>'content', '') AS prompt FROM generations WHERE id = ANY($1)`,
    [ids],
  );
  return {
    prompt: answers[0]?.prompt ?? '',
    lengths: new Map(answers.map(({ id, text }) => [id, text.length])),
  };
}
