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
 */
export function useMessageActs(
  conversation: Conversation,
  feedback: ConversationFeedback,
): (event: MessageAct) => Promise<void> {
  const i18n = useI18n();
  const questions = useQuestions();
  const attempt = useAttempt();
  return async (event) => {
    switch (event.type) {
      case 'switch':
        return conversation.switchBranch(event.message, event.step);
      case 'delete':
        if (!(await questions.confirm(i18n.t.chat.deleteMessageConfirm, i18n.t.common.delete))) return;
        await attempt(() => conversation.deleteMessage(event.message));
        return;
      case 'resend':
        await attempt(() => conversation.resend(event.message, event.content));
        return;
      case 'regenerate':
        await attempt(() => conversation.regenerate(event.message));
        return;
      case 'compare':
        await attempt(() => conversation.compareAnswersTo(event.message));
        return;
      case 'edit-answer':
        if (await attempt(() => conversation.editAnswer(event.message, event.content)))
          await attempt(() => feedback.load());
        return;
      case 'continue':
        await attempt(() => conversation.continueAnswer(event.message));
    }
  };
}
