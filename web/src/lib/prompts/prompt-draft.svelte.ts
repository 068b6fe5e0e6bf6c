/** A prompt as it is being written: its messages, the last of which is the user's, and its checks. */
import type { ChatTurn, NewPrompt, Prompt } from '$contracts';
import { CheckDraft } from '$lib/checks/check-draft.svelte';

let messages = 0;

export class MessageDraft {
  /** For keyed lists. */
  readonly key = ++messages;
  role = $state<ChatTurn['role']>('user');
  content = $state('');

  constructor({ role, content }: ChatTurn) {
    this.role = role;
    this.content = content;
  }
}

export class PromptDraft {
  /** Null for a prompt that is not there yet. */
  readonly id: string | null;
  messages = $state<MessageDraft[]>([]);
  checks = $state<CheckDraft[]>([]);

  constructor(prompt?: Prompt) {
    this.id = prompt?.id ?? null;
    const turns = prompt?.messages ?? [{ role: 'user' as const, content: '' }];
    this.messages = turns.map((turn) => new MessageDraft(turn));
    this.checks = prompt?.checks.map((check) => new CheckDraft(check)) ?? [];
  }

  addMessage(): void {
    const role = this.messages.at(-1)?.role === 'user' ? 'assistant' : 'user';
    this.messages.push(new MessageDraft({ role, content: '' }));
  }

  removeMessage(key: number): void {
    this.messages = this.messages.filter((message) => message.key !== key);
  }

  addCheck(): void {
    this.checks.push(new CheckDraft());
  }

  removeCheck(key: number): void {
    this.checks = this.checks.filter((check) => check.key !== key);
  }

  /** @returns null when a check is wrong; it says so itself */
  read(): NewPrompt | null {
    const checks = this.checks.flatMap(({ check }) => check ?? []);
    if (checks.length < this.checks.length) return null;
    return { messages: this.messages.map(({ role, content }) => ({ role, content })), checks };
  }
}
