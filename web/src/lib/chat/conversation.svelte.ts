/**
 * The conversation that is open: its tree, the branch that is shown, its running answers, and everything a person can do in it. Owns
 * its watch on the socket; `close` ends it.
 */
import type {
  Conversation as ConversationRow,
  ConversationTree,
  Message,
  MessageLogProbs,
  SendResult,
} from '$contracts';
import { ApiError, http } from '$lib/net/api';
import type { Socket, ChatSocketEvent } from '$lib/net/socket.svelte';
import { LiveMessage } from './live-message.svelte';
import { MessageTree } from './message-tree';

/** A message of the shown branch, and which of its siblings it is. */
export interface BranchEntry {
  live: LiveMessage;
  /** From 0. */
  index: number;
  count: number;
}
export type ConversationChange = Partial<
  Pick<ConversationRow, 'title' | 'pinned' | 'folderId' | 'systemPrompt' | 'parameters' | 'trainingConsent'>
>;

/** Alternatives that are recorded with every token while the token view is on. */
const alternatives = 8;
const viewKey = 'attune.tokenView';

export class Conversation {
  row = $state.raw<ConversationRow | null>(null);
  leafId = $state<string | null>(null);
  loadError = $state.raw<unknown>(null);
  /** Text on its way to the server, shown until the real message is here. */
  sending = $state<string | null>(null);
  /** Shows each token's probability, and asks for them with new answers. */
  tokenView = $state(false);
  #messages = new Map<string, LiveMessage>();
  #tree = $state.raw(new MessageTree());
  #treeVersion = $state(0);
  readonly #logProbsAsked = new Set<string>();
  #stopWatching: () => void = () => undefined;

  readonly branch = $derived.by((): BranchEntry[] => {
    void this.#treeVersion;
    const entries: BranchEntry[] = [];
    for (const id of this.#tree.path(this.leafId)) {
      const live = this.#messages.get(id);
      const siblings = this.#tree.siblings(id);
      if (live) entries.push({ live, index: siblings.indexOf(id), count: siblings.length });
    }
    return entries;
  });
  /** The answer being written at the end of the shown branch. */
  readonly running = $derived(this.branch.findLast(({ live }) => live.isRunning)?.live ?? null);

  constructor(
    readonly id: string,
    private readonly socket: Socket,
  ) {
    this.tokenView = sessionStorage.getItem(viewKey) === id;
  }

  async open(): Promise<void> {
    this.#stopWatching = this.socket.watch({
      conversationId: this.id,
      after: () => this.#entriesSeen(),
      onevent: (event) => this.#receive(event),
      onwatching: () => void this.#read(),
    });
    if (this.socket.state !== 'open') await this.#read();
  }

  close(): void {
    this.#stopWatching();
  }

  async send(content: string, parentId: string | null = this.leafId): Promise<void> {
    this.sending = content;
    try {
      await this.#generate({
        type: 'chat.send',
        conversationId: this.id,
        parentId,
        content,
        topLogProbs: this.#topLogProbs,
      });
    } finally {
      this.sending = null;
    }
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
    const running = this.running;
    if (running) await this.socket.request({ type: 'chat.stop', messageId: running.id });
  }

  /** A changed answer stands beside the original, which stays. */
  async editAnswer(answer: Message, content: string): Promise<void> {
    const edited = await http.patch<Message>(`/api/messages/${answer.id}`, { content });
    this.#put(edited);
    this.show(edited.id);
  }

  async deleteMessage(message: Message): Promise<void> {
    await http.delete(`/api/messages/${message.id}`);
    this.#remove(message.id);
  }

  /** Shows the sibling that is `step` away, with the newest branch below it. */
  switchBranch(message: Message, step: -1 | 1): void {
    const siblings = this.#tree.siblings(message.id);
    const target = siblings[siblings.indexOf(message.id) + step];
    if (target !== undefined) this.show(target);
  }

  /** Shows the branch through a message. */
  show(messageId: string): void {
    if (!this.#tree.has(messageId)) return;
    this.leafId = this.#tree.newestLeaf(messageId);
    void http.patch(`/api/conversations/${this.id}`, { leafId: this.leafId }).catch(() => undefined);
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

  async #generate(request: Parameters<Socket['request']>[0]): Promise<void> {
    const result: SendResult | null = await this.socket.request(request);
    if (!result) return;
    if (result.userMessage) this.#put(result.userMessage);
    this.#put(result.answer);
    this.leafId = result.answer.id;
  }

  async #read(): Promise<void> {
    // What comes while the answer is on its way is newer than the answer.
    const knownBefore = [...this.#messages.keys()];
    try {
      const { messages, ...row } = await http.get<ConversationTree>(`/api/conversations/${this.id}`);
      const first = this.row === null;
      this.row = row;
      for (const message of messages) this.#put(message, false);
      const present = new Set(messages.map(({ id }) => id));
      for (const id of knownBefore) if (!present.has(id)) this.#remove(id);
      if (first || !this.#tree.has(this.leafId ?? '')) {
        this.leafId = row.leafId ?? this.#tree.newestLeaf(null);
      }
      this.#treeVersion++;
      this.loadError = null;
    } catch (error) {
      if (this.row === null || (error instanceof ApiError && !error.retryable)) this.loadError = error;
    }
  }

  #receive(event: ChatSocketEvent): void {
    switch (event.type) {
      case 'message.updated':
        return this.#put(event.message);
      case 'message.deleted':
        return this.#remove(event.messageId);
      case 'conversation.updated':
        this.row = event.conversation;
        return;
      case 'conversation.deleted':
        this.loadError = new ApiError('RESOURCE_NOT_FOUND', 'gone', { resource: 'conversation' });
        return;
      case 'generation.event':
        this.#messages.get(event.messageId)?.apply(event.entryId, event.event);
    }
  }

  #put(message: Message, redraw = true): void {
    const live = this.#messages.get(message.id);
    if (live) return live.update(message);
    this.#messages.set(message.id, new LiveMessage(message));
    this.#tree.add(message);
    // Said in another tab: this one follows when it stood at the end.
    if (redraw && this.row !== null && message.parentId === this.leafId) this.leafId = message.id;
    if (redraw) this.#treeVersion++;
  }

  #remove(messageId: string): void {
    const parentId = this.#tree.parent(messageId);
    const removed = this.#tree.remove(messageId);
    if (removed.length === 0) return;
    for (const id of removed) this.#messages.delete(id);
    if (this.leafId !== null && removed.includes(this.leafId)) this.leafId = this.#tree.newestLeaf(parentId);
    this.#treeVersion++;
  }

  #entriesSeen(): Record<string, string> {
    const seen: Record<string, string> = {};
    for (const live of this.#messages.values()) {
      if (live.isRunning && live.lastEntryId) seen[live.id] = live.lastEntryId;
    }
    return seen;
  }
}
