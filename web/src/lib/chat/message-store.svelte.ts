/** The messages of the open conversation as a tree, the comparisons among them, and the branch that is shown. */
import type { Comparison, GenerationEvent, Message } from '$contracts';
import { LiveMessage } from './live-message.svelte';
import { MessageTree } from './message-tree';

/** Two answers that are or were shown without names. */
export interface ComparedPair {
  comparison: Comparison;
  left: LiveMessage;
  right: LiveMessage;
}
/** A message of the shown branch, and which of its siblings it is. */
export interface BranchEntry {
  live: LiveMessage;
  /** From 0. */
  index: number;
  count: number;
  /** Set where the message is one side of a comparison. */
  compared: ComparedPair | null;
}

/** An entry of a running answer's stream. */
type StreamEntry = [entryId: string, event: GenerationEvent];

export class MessageStore {
  /** Last message of the shown branch. */
  leafId = $state<string | null>(null);
  readonly #messages = new Map<string, LiveMessage>();
  readonly #tree = new MessageTree();
  /** By each of their two answers. */
  readonly #comparisons = new Map<string, Comparison>();
  /** What was said of messages that are not here yet: the server tells a stream again before the tree can be read. */
  readonly #early = new Map<string, StreamEntry[]>();
  #version = $state(0);

  readonly branch = $derived.by((): BranchEntry[] => {
    void this.#version;
    const entries: BranchEntry[] = [];
    for (const id of this.#tree.path(this.leafId)) {
      const live = this.#messages.get(id);
      const siblings = this.#tree.siblings(id);
      if (!live) continue;
      entries.push({
        live,
        index: siblings.indexOf(id),
        count: siblings.length,
        compared: this.#findPair(id),
      });
    }
    return entries;
  });
  /** The comparison at the end of the branch whose vote is awaited. */
  readonly openComparison = $derived.by((): ComparedPair | null => {
    const compared = this.branch.at(-1)?.compared ?? null;
    return compared && isBlind(compared) ? compared : null;
  });
  /** The answers that are being written at the end of the branch; two of them in a comparison. */
  readonly running = $derived.by((): LiveMessage[] => {
    const open = this.openComparison;
    const last = this.branch.findLast(({ live }) => live.isRunning)?.live;
    if (open) return [open.left, open.right].filter((live) => live.isRunning);
    return last ? [last] : [];
  });

  has(id: string | null): boolean {
    return id !== null && this.#messages.has(id);
  }

  get ids(): string[] {
    return [...this.#messages.keys()];
  }

  /**
   * Takes a message's newest state.
   *
   * @param options.follows  a new one that stands below the end of the branch becomes its end: said in another tab
   */
  put(message: Message, { follows = false }: { follows?: boolean } = {}): void {
    const live = this.#messages.get(message.id);
    if (live) return live.update(message);
    this.#add(new LiveMessage(message));
    if (follows && message.parentId === this.leafId) this.leafId = message.id;
    this.#version++;
  }

  /** Takes an entry of a message's stream; one of a message that is not here yet is kept until it is. */
  hear(messageId: string, ...entry: StreamEntry): void {
    const live = this.#messages.get(messageId);
    if (live) return live.apply(...entry);
    this.#early.set(messageId, [...(this.#early.get(messageId) ?? []), entry]);
  }

  putComparison(comparison: Comparison): void {
    this.#comparisons.set(comparison.leftId, comparison);
    this.#comparisons.set(comparison.rightId, comparison);
    this.#version++;
  }

  /** With everything below it; the branch then ends at the newest message beside it, or its parent. */
  remove(id: string): void {
    const parentId = this.#tree.parent(id);
    const removed = this.#tree.remove(id);
    if (removed.length === 0) return;
    for (const gone of removed) this.#messages.delete(gone);
    if (this.leafId !== null && removed.includes(this.leafId)) this.leafId = this.#tree.newestLeaf(parentId);
    this.#version++;
  }

  /** The message that is `step` away among its siblings. */
  sibling(id: string, step: -1 | 1): string | undefined {
    const siblings = this.#tree.siblings(id);
    return siblings[siblings.indexOf(id) + step];
  }

  /** The end of the newest branch below a message; of all, for null. */
  newestLeaf(id: string | null): string | null {
    return this.#tree.newestLeaf(id);
  }

  /** Last stream entry seen of each running answer, by message. */
  entriesSeen(): Record<string, string> {
    const seen: Record<string, string> = {};
    for (const live of this.#messages.values())
      if (live.isRunning && live.lastEntryId) seen[live.id] = live.lastEntryId;
    return seen;
  }

  #add(live: LiveMessage): void {
    this.#messages.set(live.id, live);
    this.#tree.add(live.message);
    // An answer that has ended meanwhile is whole already.
    if (live.isRunning) for (const entry of this.#early.get(live.id) ?? []) live.apply(...entry);
    this.#early.delete(live.id);
  }

  /** None where one of the two was deleted. */
  #findPair(id: string): ComparedPair | null {
    const comparison = this.#comparisons.get(id);
    const left = comparison && this.#messages.get(comparison.leftId);
    const right = comparison && this.#messages.get(comparison.rightId);
    return comparison && left && right ? { comparison, left, right } : null;
  }
}

/** Names are hidden, and the vote is awaited. */
export function isBlind({ comparison }: ComparedPair): boolean {
  return comparison.revealedAt === null;
}
