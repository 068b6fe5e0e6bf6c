/** ChatML: how a conversation is laid out for the model, as a Jinja template for the GGUF and as the same thing in code. */
import { specialTokens } from '../tokenizer/vocabulary.js';
import type { Message } from './conversation.js';

export const chatTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

export function renderConversation(messages: readonly Message[]): string {
  return messages.map((message) => turnHead(message.role) + turnBody(message)).join('');
}

/** What the model is given before it answers. */
export function renderPrompt(messages: readonly Message[]): string {
  return renderConversation(messages) + turnHead('assistant');
}

export function turnHead(role: Message['role']): string {
  return `${specialTokens.startOfTurn}${role}\n`;
}

export function turnBody({ content }: Message): string {
  return `${content}${specialTokens.endOfTurn}\n`;
}
