/**
 * Which models there are and whether one can answer right now. Everyone sees this; only an admin can change it (`ModelAdmin`).
 */
import { createContext } from 'svelte';
import type {
  CatalogueView,
  Download,
  Model,
  ModelList,
  ModelVersion,
  OwnPin,
  Serving,
  VersionPin,
} from '$contracts';
import type { Session } from '$lib/auth/session.svelte';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';

/** `unknown` until the server has been asked once. */
export type Readiness = 'unknown' | 'ready' | 'none' | 'coming' | 'starting' | 'failed';

const checkAgainMs = { notReady: 3_000, ready: 30_000 } as const;

export class Models {
  models = $state.raw<readonly Model[]>([]);
  versions = $state.raw<readonly ModelVersion[]>([]);
  /** The version that one stays on, whatever goes live. */
  pin = $state.raw<VersionPin | null>(null);
  /** The first model on its way; told to admins, who may see it. */
  coming = $state.raw<Download | null>(null);
  #loaded = $state(false);
  #serving = $state.raw<Serving>({ state: 'ready', fault: null });
  readonly #polling = new Polling(
    () => this.#look(),
    () => (this.readiness === 'ready' ? checkAgainMs.ready : checkAgainMs.notReady),
  );

  readonly readiness = $derived.by((): Readiness => {
    if (!this.#loaded) return 'unknown';
    if (this.models.length === 0) return this.coming ? 'coming' : 'none';
    const { state } = this.#serving;
    return state === 'ready' || state === 'failed' ? state : 'starting';
  });
  /** Why the default model cannot be loaded, as an admin is told. */
  readonly fault = $derived(this.#serving.fault);
  /** What answers where a conversation names nothing else. */
  readonly usualVersion = $derived.by(
    (): ModelVersion | null =>
      this.versions.find(({ id }) => id === this.pin?.versionId) ?? this.defaultVersion,
  );
  /** What answers where a person has not chosen either. */
  readonly defaultVersion = $derived.by((): ModelVersion | null => {
    const model = this.models.find(({ isDefault }) => isDefault) ?? this.models[0];
    const ofModel = this.versions.filter(({ modelId }) => modelId === model?.id);
    return ofModel.find(({ isLive }) => isLive) ?? ofModel[0] ?? null;
  });

  constructor(private readonly session: Session) {}

  version(id: string | null): ModelVersion | null {
    return this.versions.find((version) => version.id === id) ?? this.usualVersion;
  }

  /** @param versionId  null follows what is live again */
  async stayOn(versionId: string | null): Promise<void> {
    if (versionId === null) await http.delete('/api/me/pin');
    this.pin = versionId === null ? null : await http.put<VersionPin>('/api/me/pin', { versionId });
  }

  /** Keeps looking, often while nothing can answer, until `stop`. */
  async start(): Promise<void> {
    await this.#polling.start().catch(() => undefined);
  }

  stop(): void {
    this.#polling.stop();
  }

  async load(): Promise<void> {
    const [{ models, versions, serving }, { pin }] = await Promise.all([
      http.get<ModelList>('/api/models'),
      http.get<OwnPin>('/api/me/pin'),
    ]);
    this.models = models;
    this.versions = versions;
    this.pin = pin;
    this.#serving = serving;
    this.coming = models.length === 0 && this.session.isAdmin ? await findComing() : null;
    this.#loaded = true;
  }

  async #look(): Promise<void> {
    if (!document.hidden || !this.#loaded) await this.load();
  }
}

async function findComing(): Promise<Download | null> {
  const { downloads } = await http.get<CatalogueView>('/api/catalogue');
  return downloads.find(isUnderWay) ?? null;
}

const underWay: readonly Download['state'][] = ['queued', 'running', 'verifying'];

/** It will become a model, unless something stops it. */
export function isUnderWay(download: Download): boolean {
  return underWay.includes(download.state);
}

export const [useModels, provideModels] = createContext<Models>();
