/** The catalogue as an admin sees it: what fits, what is being fetched, what is here. */
import type { CatalogueItem, DownloadState } from '$contracts';
import { http } from '$lib/net/api';
import type { Models } from './models.svelte';

export interface NewModel {
  source: string;
  name: string;
  sha256?: string;
}

const refreshMs = 1_000;

export class ModelAdmin {
  catalogue = $state.raw<readonly CatalogueItem[]>([]);
  loaded = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(private readonly models: Models) {}

  /** Reads the catalogue, again every second while something is being fetched, until `stop`. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    const wereBusy = this.#busy;
    this.catalogue = await http.get<CatalogueItem[]>('/api/catalogue');
    this.loaded = true;
    if (wereBusy && !this.#busy) await this.models.load();
    if (this.#busy && !this.#stopped) {
      this.#timer = setTimeout(() => void this.refresh().catch(() => undefined), refreshMs);
    }
  }

  async download(catalogueId: string): Promise<void> {
    await http.post('/api/models', { catalogueId });
    await this.refresh();
  }

  async add(model: NewModel): Promise<void> {
    await http.post('/api/models', model);
    await Promise.all([this.refresh(), this.models.load()]);
  }

  async cancel(item: CatalogueItem): Promise<void> {
    await http.delete(`/api/downloads/${item.id}`);
    await this.refresh();
  }

  async resume(item: CatalogueItem): Promise<void> {
    await http.post(`/api/downloads/${item.id}/resume`);
    await this.refresh();
  }

  async makeDefault(modelId: string): Promise<void> {
    await http.post(`/api/models/${modelId}/default`);
    await this.models.load();
  }

  async delete(modelId: string): Promise<void> {
    await http.delete(`/api/models/${modelId}`);
    await Promise.all([this.refresh(), this.models.load()]);
  }

  get #busy(): boolean {
    return this.catalogue.some(({ download }) => isUnderWay(download));
  }
}

export function isUnderWay(download: DownloadState | null): boolean {
  return download?.state === 'queued' || download?.state === 'running' || download?.state === 'verifying';
}
