/** The shelf of models as an admin sees it: what is here, what is on its way, what can be fetched and fits. */
import type { AddModel, CatalogueItem, CatalogueView, Download } from '$contracts';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';
import { refresh } from '$lib/net/refresh';
import { isUnderWay, type Models } from './models.svelte';

const refreshMs = 1_000;

export class ModelAdmin {
  items = $state.raw<readonly CatalogueItem[]>([]);
  downloads = $state.raw<readonly Download[]>([]);
  loaded = $state(false);
  readonly #polling = new Polling(
    () => this.#read(),
    () => (this.downloads.some(isUnderWay) ? refreshMs : null),
  );
  #asked = 0;

  constructor(private readonly models: Models) {}

  /** Reads the catalogue, again every second while something is on its way, until `stop`. */
  async load(): Promise<void> {
    await this.#polling.now();
  }

  stop(): void {
    this.#polling.stop();
  }

  async add(model: AddModel): Promise<void> {
    await http.post<Download>('/api/models', model);
    await refresh(this.load());
  }

  async cancel(download: Download): Promise<void> {
    await http.delete(`/api/downloads/${download.id}`);
    await refresh(this.load());
  }

  async resume(download: Download): Promise<void> {
    await http.post(`/api/downloads/${download.id}/resume`);
    await refresh(this.load());
  }

  async forget(download: Download): Promise<void> {
    await http.post(`/api/downloads/${download.id}/forget`);
    await refresh(this.load());
  }

  async makeDefault(modelId: string): Promise<void> {
    await http.post(`/api/models/${modelId}/default`);
    await refresh(this.models.load());
  }

  async delete(modelId: string): Promise<void> {
    await http.delete(`/api/models/${modelId}`);
    await refresh(Promise.all([this.load(), this.models.load()]));
  }

  /** Of two that overlap, the later counts. */
  async #read(): Promise<void> {
    const asked = ++this.#asked;
    const view = await http.get<CatalogueView>('/api/catalogue');
    if (asked !== this.#asked) return;
    const listed = new Set(view.downloads.map(({ id }) => id));
    const hasArrival = this.downloads.some(({ id }) => !listed.has(id));
    this.items = view.items;
    this.downloads = view.downloads;
    this.loaded = true;
    // One that has arrived is shown as a model from now on, and never as both.
    if (hasArrival) await this.models.load();
  }
}
