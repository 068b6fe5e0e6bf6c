/** What is in the composer but not sent. Kept on the server, so that it is there on the next device too. */
import { http } from '$lib/net/api';

const saveAfterMs = 700;
const newChatKey = 'attune.draft';

export class Draft {
  #text = $state('');
  /** Somebody has typed: what the server had is older. */
  #touched = false;
  #unsaved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param conversationId null for a conversation that does not exist yet; its draft stays in the browser */
  constructor(private readonly conversationId: string | null) {
    if (conversationId === null) this.#text = localStorage.getItem(newChatKey) ?? '';
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    this.#touched = true;
    this.#unsaved = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), saveAfterMs);
  }

  /** The server's copy, unless the person has begun to type. */
  restore(text: string): void {
    if (!this.#touched) this.#text = text;
  }

  /** Puts a text that could not be sent before what was typed since. */
  giveBack(sent: string): void {
    this.text = [sent, this.#text].filter(Boolean).join('\n\n');
  }

  /** Saves at once what still waits; also when the page goes away. */
  save(): void {
    if (!this.#unsaved) return;
    clearTimeout(this.#timer);
    this.#unsaved = false;
    if (this.conversationId === null) {
      if (this.#text) localStorage.setItem(newChatKey, this.#text);
      else localStorage.removeItem(newChatKey);
      return;
    }
    // A draft that could not be saved is still on the screen; the next key tries again, or leaving the page.
    http
      .patch(`/api/conversations/${this.conversationId}`, { draft: this.#text })
      .catch(() => (this.#unsaved = true));
  }
}
