import type { ChatTurn } from '../../common/contracts/generation.js';

/**
 * What the model is given of a branch: the system prompt, then turns that alternate.
 *
 * An answer that failed with nothing said is left out, and neighbours of one role become one turn, since chat templates expect them to
 * alternate.
 *
 * @param path  from the root to the message to be answered
 */
export function toTurns(
  systemPrompt: string,
  path: readonly { role: 'user' | 'assistant'; content: string }[],
): ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const { role, content } of path) {
    if (content === '') continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else turns.push({ role, content });
  }
  return systemPrompt.trim() === '' ? turns : [{ role: 'system', content: systemPrompt }, ...turns];
}
