/** Hands the first message from the page that made a conversation to the page that shows it. */
let waiting: { conversationId: string; content: string } | null = null;

export function leaveFirstMessage(conversationId: string, content: string): void {
  waiting = { conversationId, content };
}

/** @returns the message left for this conversation, once; null otherwise */
export function takeFirstMessage(conversationId: string): string | null {
  if (waiting?.conversationId !== conversationId) return null;
  const { content } = waiting;
  waiting = null;
  return content;
}
