/**
 * The conversation that is open: its tree, the branch that is shown, its running answers, and everything a person can do in it. Owns
 * its watch on the socket; `close` ends it.
 */
import type {
  Conversation as ConversationRow,
  ConversationTree,
  Message,
  MessageLogProbs,
  Reveal,
  SendResult,
} from '$contracts';
import { ApiError, http, isNotHere } from '$lib/net/api';
import type { Socket, SocketEvent, SocketRequest } from '$lib/net/socket.svelte';
import type { LiveMessage } from './live-message.svelte';
import { MessageStore, type BranchEntry } from './message-store.svelte';

export type ConversationChange = Partial<
  Pick<ConversationRow, 'title' | 'pinned' | 'folderId' | 'systemPrompt' | 'parameters' | 'trainingConsent'>
>;

/** Alternatives that are recorded with every token while the token view is on. */
const alternatives = 8;
const viewKey = 'attune.tokenView';

export class Conversation {
  row = $state.raw<ConversationRow | null>(null);
  loadError = $state.raw<unknown>(null);
  /** Text on its way to the server, shown until the real message is here. */
  sending = $state<string | null>(null);
  /** Shows each token's probability, and asks for them with new answers. */
  tokenView = $state(false);
  readonly #store = new MessageStore();
  /** Messages whose newer state came by the socket while the tree was being read. */
  readonly #toldMeanwhile = new Set<string>();
  readonly #logProbsAsked = new Set<string>();
  #stopWatching: () => void = () => undefined;

  constructor(
    readonly id: string,
    private readonly socket: Socket,
  ) {
    this.tokenView = sessionStorage.getItem(viewKey) === id;
  }

  get branch(): readonly BranchEntry[] {
    return this.#store.branch;
  }

  /** Something can be said at the end of the branch: it is here, nothing else is on its way to it, and no vote is awaited. */
  get takesMessages(): boolean {
    return this.row !== null && this.sending === null && this.#store.openComparison === null;
  }

  /** The answer being written at the end of the shown branch; of a comparison, the first that is. */
  get running(): LiveMessage | null {
    return this.#store.running[0] ?? null;
  }

  async open(): Promise<void> {
    this.#stopWatching = this.socket.watch({
      conversationId: this.id,
      after: () => this.#store.entriesSeen(),
      onevent: (event) => this.#receive(event),
      onwatching: () => void this.read(),
      onrefused: () => void this.read(),
    });
    if (this.socket.state !== 'open') await this.read();
  }

  close(): void {
    this.#stopWatching();
  }

  /** The server knows of no such conversation, or no longer. */
  get isGone(): boolean {
    return isNotHere(this.loadError);
  }

  async read(): Promise<void> {
    // What is told while the answer is on its way is newer than the answer.
    const knownBefore = this.#store.ids;
    this.#toldMeanwhile.clear();
    try {
      const tree = await http.get<ConversationTree>(`/api/conversations/${this.id}`);
      const { messages, comparisons, ...row } = tree;
      const first = this.row === null;
      this.row = row;
      for (const comparison of comparisons) this.#store.putComparison(comparison);
      for (const message of messages) if (!this.#toldMeanwhile.has(message.id)) this.#store.put(message);
      const present = new Set(messages.map(({ id }) => id));
      for (const id of knownBefore) if (!present.has(id)) this.#store.remove(id);
      if (first || !this.#store.has(this.#store.leafId))
        this.#store.leafId = row.leafId ?? this.#store.newestLeaf(null);
      this.loadError = null;
    } catch (error) {
      if (this.row === null || (error instanceof ApiError && !error.retryable)) this.loadError = error;
    }
  }

  async send(content: string, parentId: string | null = this.#store.leafId): Promise<void> {
    await this.#say('chat.send', content, parentId);
  }

  /** Says it, and has it answered twice, to be compared without names. */
  async compare(content: string): Promise<void> {
    await this.#say('chat.compare', content, this.#store.leafId);
  }

  /** Two more answers to what was said before. */
  async compareAnswersTo(message: Message): Promise<void> {
    await this.#generate({
      type: 'chat.compare',
      conversationId: this.id,
      parentId: message.id,
      topLogProbs: this.#topLogProbs,
    });
  }

  /** The edited text becomes a sibling of the message, with an answer of its own. */
  resend(message: Message, content: string): Promise<void> {
    return this.send(content, message.parentId);
  }

  async regenerate(answer: Message): Promise<void> {
    if (answer.parentId === null) return;
    await this.#generate({
      type: 'chat.regenerate',
      conversationId: this.id,
      parentId: answer.parentId,
      topLogProbs: this.#topLogProbs,
    });
  }

  async continueAnswer(answer: Message): Promise<void> {
    await this.#generate({ type: 'chat.continue', conversationId: this.id, messageId: answer.id });
  }

  async stop(): Promise<void> {
    const stopping = this.#store.running.map(({ id }) =>
      this.socket.request({ type: 'chat.stop', messageId: id }),
    );
    await Promise.all(stopping);
  }

  /** A changed answer stands beside the original, which stays. */
  async editAnswer(answer: Message, content: string): Promise<void> {
    const edited = await http.patch<Message>(`/api/messages/${answer.id}`, { content });
    this.#store.put(edited);
    this.show(edited.id);
  }

  /** A comparison has ended: shows what is known of its answers, and the branch of the chosen one. */
  reveal({ comparison, left, right }: Reveal, chosenId: string | null): void {
    this.#store.put(left);
    this.#store.put(right);
    this.#store.putComparison(comparison);
    if (chosenId !== null && this.#store.leafId !== chosenId) this.show(chosenId);
  }

  async deleteMessage(message: Message): Promise<void> {
    await http.delete(`/api/messages/${message.id}`);
    this.#store.remove(message.id);
  }

  /** Shows the sibling that is `step` away, with the newest branch below it. */
  switchBranch(message: Message, step: -1 | 1): void {
    const target = this.#store.sibling(message.id, step);
    if (target !== undefined) this.show(target);
  }

  /** Shows the branch through a message. */
  show(messageId: string): void {
    if (!this.#store.has(messageId)) return;
    const leafId = this.#store.newestLeaf(messageId);
    this.#store.leafId = leafId;
    void http.patch(`/api/conversations/${this.id}`, { leafId }).catch(() => undefined);
  }

  async update(change: ConversationChange): Promise<void> {
    const before = this.row;
    if (before) this.row = { ...before, ...change };
    try {
      await http.patch(`/api/conversations/${this.id}`, change);
    } catch (error) {
      this.row = before;
      throw error;
    }
  }

  /** Fetches the recorded probabilities of a finished answer, once; none recorded is an empty list. */
  async loadLogProbs(live: LiveMessage): Promise<void> {
    if (live.isRunning || this.#logProbsAsked.has(live.id)) return;
    this.#logProbsAsked.add(live.id);
    const { tokens } = await http.get<MessageLogProbs>(`/api/messages/${live.id}/log-probs`);
    live.logProbs = tokens;
  }

  toggleTokenView(): void {
    this.tokenView = !this.tokenView;
    if (this.tokenView) sessionStorage.setItem(viewKey, this.id);
    else sessionStorage.removeItem(viewKey);
  }

  get #topLogProbs(): number | null {
    return this.tokenView ? alternatives : null;
  }

  async #say(type: 'chat.send' | 'chat.compare', content: string, parentId: string | null): Promise<void> {
    this.sending = content;
    const topLogProbs = this.#topLogProbs;
    try {
      await this.#generate({ type, conversationId: this.id, parentId, content, topLogProbs });
    } finally {
      this.sending = null;
    }
  }

  async #generate(request: SocketRequest): Promise<void> {
    const result: SendResult | null = await this.socket.request(request);
    if (!result) return;
    const { userMessage, answer, compared } = result;
    // The comparison first, so that its answers are never drawn as answers of their own.
    if (compared) this.#store.putComparison(compared.comparison);
    for (const message of [userMessage, answer, compared?.right]) if (message) this.#store.put(message);
    this.#store.leafId = answer.id;
  }

  #receive(event: SocketEvent): void {
    switch (event.type) {
      case 'message.updated':
        this.#toldMeanwhile.add(event.message.id);
        return this.#store.put(event.message, { follows: this.row !== null });
      case 'comparison.updated':
        return this.#store.putComparison(event.comparison);
      case 'message.deleted':
        return this.#store.remove(event.messageId);
      case 'conversation.updated':
        this.row = event.conversation;
        return;
      case 'conversation.deleted':
        this.loadError = new ApiError('RESOURCE_NOT_FOUND', 'gone', { resource: 'conversation' });
        return;
      case 'generation.event':
        this.#store.hear(event.messageId, event.entryId, event.event);
    }
  }
}
