/** An answer that streams while something else goes wrong: whoever reads it must not notice. */
import { expect, vi } from 'vitest';
import type { Conversation } from '../../common/contracts/conversations.js';
import { expectStatus, type ApiClient } from './api-client.js';
import { ChatSocket } from './chat-socket.js';

/** It ends when it is stopped; a model that never ends by itself is what it takes. */
const sampling = { temperature: 0, maxTokens: 30_000 };
/** Characters after which an answer goes on. */
const someText = 40;
const patienceMs = 40_000;

export class AnswerBeside implements AsyncDisposable {
  private constructor(
    private readonly socket: ChatSocket,
    private readonly messageId: string,
  ) {}

  /** Resolves when the answer streams. @param modelVersionId  null asks whatever is the default */
  static async begin(client: ApiClient, modelVersionId: string | null): Promise<AnswerBeside> {
    const created = await client.post('/api/conversations', {
      title: 'Beside',
      parameters: { modelVersionId, sampling },
    });
    const { id: conversationId } = expectStatus(created, 201) as Conversation;
    const socket = await ChatSocket.open(client);
    await socket.request({ type: 'conversation.watch', conversationId });
    const { answer } = await socket.ask({
      type: 'chat.send',
      conversationId,
      parentId: null,
      content: 'Tell me everything',
    });
    const begun = new AnswerBeside(socket, answer.id);
    await begun.expectMore();
    return begun;
  }

  /** It streams on. */
  async expectMore(): Promise<void> {
    const { length } = this.#read();
    await vi.waitFor(() => expect(this.#read().length).toBeGreaterThan(length + someText), {
      timeout: patienceMs,
      interval: 20,
    });
  }

  /** It streams still; stopped, it is kept as it was read, without a gap or a word twice, and without an error. */
  async expectUnharmed(): Promise<void> {
    await this.expectMore();
    expect(await this.#stop()).toMatchObject({ ok: true });
    const { content, status, generation } = await this.socket.waitForEnd(this.messageId, patienceMs);
    expect({ status, error: generation?.error }).toEqual({ status: 'stopped', error: null });
    expect(this.#read()).toBe(content);
  }

  #read(): string {
    return this.socket.readText(this.messageId);
  }

  #stop = () => this.socket.request({ type: 'chat.stop', messageId: this.messageId });

  /** Not to be computed beside the next test. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    this.socket[Symbol.dispose]();
  }
}
