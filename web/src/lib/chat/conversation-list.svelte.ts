/** The person's conversations and folders, as the sidebar and the palette show them. */
import { createContext } from 'svelte';
import type {
  Conversation,
  ConversationParameters,
  ConversationSummary,
  Folder,
  SearchHit,
} from '$contracts';
import { http } from '$lib/net/api';
import { refresh } from '$lib/net/refresh';
import type { Socket } from '$lib/net/socket.svelte';
import type { ConversationChange } from './conversation.svelte';

export interface NewConversation {
  systemPrompt?: string;
  parameters?: ConversationParameters;
  folderId?: string | null;
}

export class ConversationList {
  all = $state.raw<readonly ConversationSummary[]>([]);
  folders = $state.raw<readonly Folder[]>([]);
  loaded = $state(false);

  readonly pinned = $derived(this.all.filter((conversation) => conversation.pinned));

  constructor(socket: Socket) {
    socket.listen((event) => {
      if (event.type === 'conversation.updated') this.#put(event.conversation);
      if (event.type === 'conversation.deleted') this.#drop(event.conversationId);
    });
    socket.whenReopened(() => void this.load().catch(() => undefined));
  }

  async load(): Promise<void> {
    const [conversations, folders] = await Promise.all([
      http.get<ConversationSummary[]>('/api/conversations'),
      http.get<Folder[]>('/api/folders'),
    ]);
    this.all = newestFirst(conversations);
    this.folders = folders.toSorted((a, b) => a.position - b.position);
    this.loaded = true;
  }

  clear(): void {
    this.all = [];
    this.folders = [];
    this.loaded = false;
  }

  async create(options: NewConversation = {}): Promise<Conversation> {
    const conversation = await http.post<Conversation>('/api/conversations', options);
    this.#put(conversation);
    return conversation;
  }

  async update(id: string, change: ConversationChange): Promise<void> {
    const before = this.all.find((conversation) => conversation.id === id);
    const merge = (fields: Partial<ConversationSummary>) => {
      this.all = this.all.map((one) => (one.id === id ? { ...one, ...fields } : one));
    };
    merge(change);
    try {
      await http.patch(`/api/conversations/${id}`, change);
    } catch (error) {
      if (before) merge(before);
      throw error;
    }
  }

  async delete(id: string): Promise<void> {
    await http.delete(`/api/conversations/${id}`);
    this.#drop(id);
  }

  /** Puts a conversation that was just talked in at the top. */
  touch(id: string): void {
    const found = this.all.find((conversation) => conversation.id === id);
    if (found) this.#put({ ...found, updatedAt: new Date().toISOString() });
  }

  /**
   * @param content  a file's own JSON: Attune's, ChatGPT's or Open WebUI's export
   * @returns how many conversations came with it
   */
  async importConversations(content: unknown): Promise<number> {
    const imported = await http.post<ConversationSummary[]>('/api/conversations/import', content);
    await refresh(this.load());
    return imported.length;
  }

  search(query: string, signal: AbortSignal): Promise<SearchHit[]> {
    return http.get<SearchHit[]>(`/api/search?q=${encodeURIComponent(query)}`, signal);
  }

  async createFolder(name: string): Promise<Folder> {
    const folder = await http.post<Folder>('/api/folders', { name, position: this.folders.length });
    this.folders = [...this.folders, folder];
    return folder;
  }

  async renameFolder(folder: Folder, name: string): Promise<void> {
    await http.patch(`/api/folders/${folder.id}`, { name, position: folder.position });
    this.folders = this.folders.map((other) => (other.id === folder.id ? { ...other, name } : other));
  }

  /** The conversations in it stay, outside any folder. */
  async deleteFolder(id: string): Promise<void> {
    await http.delete(`/api/folders/${id}`);
    this.folders = this.folders.filter((folder) => folder.id !== id);
    this.all = this.all.map((conversation) =>
      conversation.folderId === id ? { ...conversation, folderId: null } : conversation,
    );
  }

  #put(conversation: ConversationSummary): void {
    const { id, title, pinned, folderId, updatedAt, createdAt } = conversation;
    const others = this.all.filter((other) => other.id !== id);
    this.all = newestFirst([{ id, title, pinned, folderId, updatedAt, createdAt }, ...others]);
  }

  #drop(id: string): void {
    this.all = this.all.filter((conversation) => conversation.id !== id);
  }
}

function newestFirst(conversations: readonly ConversationSummary[]): ConversationSummary[] {
  return conversations.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt));
}

export const [useConversations, provideConversations] = createContext<ConversationList>();
