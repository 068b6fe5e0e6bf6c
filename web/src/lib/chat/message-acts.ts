import type { Message } from '$contracts';
import type { ConversationFeedback } from '$lib/feedback/conversation-feedback.svelte';
import { useI18n } from '$lib/i18n/i18n.svelte';
import { useAttempt } from '$lib/ui/attempt';
import { useQuestions } from '$lib/ui/questions.svelte';
import type { Conversation } from './conversation.svelte';
import type { MessageEvent } from './message-event';

type MessageAct = Exclude<MessageEvent, { type: 'open-settings' }>;

/**
 * What the events of a message do to the conversation; failures are told to the person.
 *
 * @param feedback  read again after acts that say something of an answer by themselves
 * @returns does what an event says, and tells whether it was done
 */
export function useMessageActs(
  conversation: Conversation,
  feedback: ConversationFeedback,
): (event: MessageAct) => Promise<boolean> {
  const i18n = useI18n();
  const questions = useQuestions();
  const attempt = useAttempt();

  async function remove(message: Message): Promise<boolean> {
    const isMeant = await questions.confirm(i18n.t.chat.deleteMessageConfirm, i18n.t.common.delete);
    return isMeant && attempt(() => conversation.deleteMessage(message));
  }
  async function editAnswer(message: Message, content: string): Promise<boolean> {
    const isEdited = await attempt(() => conversation.editAnswer(message, content));
    if (isEdited) void attempt(() => feedback.load());
    return isEdited;
  }
  return async (event) => {
    switch (event.type) {
      case 'switch':
        conversation.switchBranch(event.message, event.step);
        return true;
      case 'delete':
        return remove(event.message);
      case 'resend':
        return attempt(() => conversation.resend(event.message, event.content));
      case 'regenerate':
        return attempt(() => conversation.regenerate(event.message));
      case 'compare':
        return attempt(() => conversation.compareAnswersTo(event.message));
      case 'edit-answer':
        return editAnswer(event.message, event.content);
      case 'continue':
        return attempt(() => conversation.continueAnswer(event.message));
    }
  };
}
