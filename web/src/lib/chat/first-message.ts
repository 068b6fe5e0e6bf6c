/** Hands the first message from the page that made a conversation to the page that shows it. */
export interface FirstMessage {
  content: string;
  /** Answered twice, to be compared. */
  twice: boolean;
}

let waiting: (FirstMessage & { conversationId: string }) | null = null;

export function leaveFirstMessage(conversationId: string, message: FirstMessage): void {
  waiting = { conversationId, ...message };
}

/** @returns the message left for this conversation, once; null otherwise */
export function takeFirstMessage(conversationId: string): FirstMessage | null {
  if (waiting?.conversationId !== conversationId) return null;
  const { content, twice } = waiting;
  waiting = null;
  return { content, twice };
}
