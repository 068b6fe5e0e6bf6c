/** Prompts without an answer: what people asked, rated or not, and the prompts of sets. */
import type { EntityManager } from 'typeorm';
import type { FeedbackRecipe } from '../../../common/contracts/datasets.js';
import type { ChatTurn } from '../../../common/contracts/generation.js';
import { toTurns } from '../../chat/turns.js';
import { getPromptSet, readPrompts } from '../../prompt-sets/prompt-rows.js';
import { readRow } from '../rows/data-row.js';
import type { RowOrigin, SourcedRow } from './assembly.js';

/** Messages of this many conversations are held at once. */
const batchSize = 50;

type Recipe = Pick<FeedbackRecipe, 'filter' | 'prompts'>;

/** @throws AppError `RESOURCE_NOT_FOUND` for a set that is not there */
export async function* readPromptRows(
  manager: EntityManager,
  { filter, prompts }: Recipe,
): AsyncGenerator<SourcedRow> {
  if (prompts.conversations) yield* readConversations(manager, filter);
  for (const setId of prompts.setIds) {
    await getPromptSet(manager, setId);
    for await (const { id, messages } of readPrompts(manager, setId))
      yield toRow(messages, { eventIds: [], sourceIds: [id], people: [], raterId: null });
  }
}

interface Conversation {
  id: string;
  ownerId: string;
  systemPrompt: string;
}
interface Node {
  id: string;
  conversationId: string;
  parentId: string | null;
  role: 'user' | 'assistant';
  content: string;
  /** Within the filter's dates, and not followed by an answer whose feedback was excluded. */
  isWanted: boolean;
}

async function* readConversations(
  manager: EntityManager,
  filter: Recipe['filter'],
): AsyncGenerator<SourcedRow> {
  let after: string | null = null;
  for (;;) {
    const conversations: Conversation[] = await listConversations(manager, filter, after);
    const last = conversations.at(-1);
    if (!last) return;
    after = last.id;
    const nodes = await listNodes(manager, filter, conversations);
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const ofConversation = new Map(conversations.map((conversation) => [conversation.id, conversation]));
    for (const node of nodes) {
      const conversation = ofConversation.get(node.conversationId);
      if (!conversation || node.role !== 'user' || !node.isWanted || node.content.trim() === '') continue;
      const { ownerId, systemPrompt } = conversation;
      const origin = { eventIds: [], sourceIds: [node.id], people: [ownerId], raterId: null };
      yield toRow(toTurns(systemPrompt, toPath(byId, node)), origin);
    }
  }
}

/** Consent is the conversation's where it says, else its owner's. */
function listConversations(
  manager: EntityManager,
  { raterIds }: Recipe['filter'],
  after: string | null,
): Promise<Conversation[]> {
  return manager.query(
    `SELECT c.id, c.user_id AS "ownerId", c.system_prompt AS "systemPrompt"
     FROM conversations c JOIN users o ON o.id = c.user_id
     WHERE coalesce(c.training_consent, o.training_consent)
       AND ($1::uuid IS NULL OR c.id > $1) AND ($2::uuid[] IS NULL OR c.user_id = ANY($2))
     ORDER BY c.id LIMIT $3`,
    [after, raterIds ?? null, batchSize],
  );
}

function listNodes(
  manager: EntityManager,
  { from, to }: Recipe['filter'],
  conversations: readonly Conversation[],
): Promise<Node[]> {
  return manager.query(
    `WITH excluded AS (
       SELECT DISTINCT (answer->>'messageId')::uuid AS id
       FROM current_feedback f JOIN feedback_events e ON e.id = f.event_id, jsonb_array_elements(e.messages) answer
       WHERE f.is_excluded AND f.conversation_id = ANY($1)
     )
     SELECT m.id, m.conversation_id AS "conversationId", m.parent_id AS "parentId", m.role, m.content,
       ($2::timestamptz IS NULL OR m.created_at >= $2) AND ($3::timestamptz IS NULL OR m.created_at < $3)
         AND NOT EXISTS (SELECT FROM messages a JOIN excluded x ON x.id = a.id WHERE a.parent_id = m.id) AS "isWanted"
     FROM messages m WHERE m.conversation_id = ANY($1) ORDER BY m.conversation_id, m.sequence`,
    [conversations.map(({ id }) => id), from ?? null, to ?? null],
  );
}

/** From the root to the question. */
function toPath(nodes: ReadonlyMap<string, Node>, question: Node): Node[] {
  const path: Node[] = [];
  for (
    let at: Node | undefined = question;
    at;
    at = at.parentId === null ? undefined : nodes.get(at.parentId)
  )
    path.push(at);
  return path.reverse();
}

function toRow(prompt: ChatTurn[], origin: RowOrigin): SourcedRow {
  const content = readRow({ prompt }, 1);
  // What was asked is always in order; a row that the trainer would refuse is a fault here.
  if ('problem' in content) throw new TypeError(`a prompt became an unreadable row: ${content.problem}`);
  return { content, origin };
}
