/**
 * One message as it is now: what the database holds, and on top of it what its running stream has said so far.
 */
import type { GenerationEvent, Message, TokenLogProb } from '$contracts';

export class LiveMessage {
  message = $state.raw<Message>() as Message;
  text = $state('');
  /** Of a running answer; a finished one's are asked for when the view is opened. Null: not asked yet. */
  logProbs = $state.raw<readonly TokenLogProb[] | null>(null);
  /** How far several answers are, of which one will be shown. */
  progress = $state.raw<Extract<GenerationEvent, { type: 'progress' }> | null>(null);
  /** A training run has the machine to itself, and the answer begins after it. */
  waitsForTraining = $state(false);
  /** Redis stream entry that was applied last; where a new watch goes on. */
  lastEntryId: string | null = null;
  #pendingText: string | null = null;
  #frame = 0;

  constructor(message: Message) {
    this.message = message;
    this.text = message.content;
  }

  get id(): string {
    return this.message.id;
  }

  get isRunning(): boolean {
    return this.message.status === 'queued' || this.message.status === 'streaming';
  }

  /** Takes the database's word, except for text that the stream has already carried further. */
  update(message: Message): void {
    const wasRunning = this.isRunning;
    this.message = message;
    const said = this.#said;
    const streamIsAhead = this.isRunning && wasRunning && said.startsWith(message.content);
    if (!streamIsAhead) this.#show(message.content);
    if (!this.isRunning) this.lastEntryId = null;
  }

  /** Applies one entry of the stream. An entry that was applied before changes nothing. */
  apply(entryId: string, event: GenerationEvent): void {
    this.lastEntryId = entryId;
    switch (event.type) {
      case 'waiting':
        this.waitsForTraining = true;
        return;
      case 'started':
        this.waitsForTraining = false;
        return this.#change({ status: 'streaming' }, { context: event.context });
      case 'progress':
        this.progress = event;
        return;
      case 'delta':
        return this.#append(event);
      case 'done':
        this.#flush();
        return this.#change(
          { status: event.stopReason === 'cancelled' ? 'stopped' : 'complete', content: this.text },
          {
            stopReason: event.stopReason,
            usage: event.usage,
            timings: event.timings,
            provenance: event.provenance,
          },
        );
      case 'failed': {
        this.#flush();
        const { type: _, ...error } = event;
        return this.#change({ status: 'failed', content: this.text }, { error });
      }
    }
  }

  get #said(): string {
    return this.#pendingText ?? this.text;
  }

  #append({ offset, text, logProbs }: Extract<GenerationEvent, { type: 'delta' }>): void {
    const said = this.#said;
    const isKnown = said.startsWith(text, offset) && said.length >= offset + text.length;
    // A token that shows nothing yet still has its log-prob.
    if (isKnown && (text !== '' || offset < said.length)) return;
    const isRetold = offset === 0 && said !== '';
    if (logProbs) this.logProbs = isRetold ? logProbs : [...(this.logProbs ?? []), ...logProbs];
    if (this.message.status === 'queued') this.#change({ status: 'streaming' }, {});
    this.#pendingText = said.slice(0, offset) + text;
    // One render a frame is enough for the eye; a page in the background gets no frames.
    if (document.hidden) this.#flush();
    else this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#pendingText !== null) this.text = this.#pendingText;
    this.#pendingText = null;
  }

  #show(text: string): void {
    this.#pendingText = text;
    this.#flush();
  }

  #change(message: Partial<Message>, generation: Partial<NonNullable<Message['generation']>>): void {
    const before = this.message.generation ?? emptyGeneration;
    this.message = { ...this.message, ...message, generation: { ...before, ...generation } };
  }
}

const emptyGeneration = {
  stopReason: null,
  context: null,
  usage: null,
  timings: null,
  provenance: null,
  error: null,
} satisfies Message['generation'];
