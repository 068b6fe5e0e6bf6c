/** Answers with what they answer: messages of conversations, and generations of the API and of raters' queues. */
import type { EntityManager } from 'typeorm';
import { generationRequestSchema, type ChatTurn } from '../../../common/contracts/generation.js';
import { readSystemPrompts } from '../../chat/answered-under.js';
import { toTurns } from '../../chat/turns.js';

export interface AnswerPlace {
  /** Of a message; outside of the chat, of a generation. */
  id: string;
  isGeneration: boolean;
}

export interface GivenAnswer {
  text: string;
  prompt: ChatTurn[];
  /** False while it is being written, and when it failed; not when only its continuation did, before it began. */
  isWhole: boolean;
}

/** @returns those that still exist, by their ids */
export async function readGivenAnswers(
  manager: EntityManager,
  places: readonly AnswerPlace[],
): Promise<Map<string, GivenAnswer>> {
  const ofGenerations = places.filter(({ isGeneration }) => isGeneration).map(({ id }) => id);
  const ofMessages = places.filter(({ isGeneration }) => !isGeneration).map(({ id }) => id);
  return new Map([
    ...(await readMessages(manager, ofMessages)),
    ...(await readGenerations(manager, ofGenerations)),
  ]);
}

interface Node {
  id: string;
  parentId: string | null;
  role: 'user' | 'assistant';
  content: string;
  status: string;
}

async function readMessages(
  manager: EntityManager,
  ids: readonly string[],
): Promise<[string, GivenAnswer][]> {
  if (ids.length === 0) return [];
  const systemPrompts = await readSystemPrompts(manager, ids);
  // UNION without ALL visits what branches share once.
  const rows = await manager.query<Node[]>(
    `WITH RECURSIVE nodes AS (
       SELECT id, parent_id FROM messages WHERE id = ANY($1)
       UNION
       SELECT parent.* FROM nodes CROSS JOIN LATERAL
         (SELECT id, parent_id FROM messages WHERE id = nodes.parent_id OFFSET 0) AS parent
     )
     SELECT m.id, m.parent_id AS "parentId", m.role, m.content,
       CASE WHEN m.status = 'failed' THEN coalesce(g.status, m.status) ELSE m.status END AS status
     FROM nodes JOIN messages m USING (id) LEFT JOIN generations g ON g.id = m.generation_id`,
    [ids],
  );
  const nodes = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id): [string, GivenAnswer][] => {
    const node = nodes.get(id);
    if (!node) return [];
    const path = [];
    for (let at = findParent(nodes, node); at; at = findParent(nodes, at)) path.push(at);
    const prompt = toTurns(systemPrompts.get(id) ?? '', path.reverse());
    return [[id, { text: node.content, prompt, isWhole: isWhole(node.status) }]];
  });
}

function findParent(nodes: ReadonlyMap<string, Node>, { parentId }: Node): Node | undefined {
  return parentId === null ? undefined : nodes.get(parentId);
}

async function readGenerations(
  manager: EntityManager,
  ids: readonly string[],
): Promise<[string, GivenAnswer][]> {
  if (ids.length === 0) return [];
  const rows = await manager.query<{ id: string; request: unknown; text: string; status: string }[]>(
    `SELECT id, request, text, status FROM generations WHERE id = ANY($1)`,
    [ids],
  );
  return rows.map(({ id, request, text, status }) => {
    const prompt = generationRequestSchema.parse(request).turns;
    return [id, { text, prompt, isWhole: isWhole(status) }];
  });
}

const isWhole = (status: string) => status === 'complete' || status === 'stopped';
