/** All training runs, brought up to date whenever one of them says that something changed. */
import type { RunSummary } from '$contracts';
import { http } from '$lib/net/api';
import { Polling } from '$lib/net/polling';
import type { Socket } from '$lib/net/socket.svelte';

/** Several changes in a row are read once. */
const settleMs = 300;
/** A row that computes shows its steps though no event of a step reaches the list. */
const refreshMs = 3000;

export class RunList {
  runs = $state.raw<readonly RunSummary[]>([]);
  loaded = $state(false);
  #soon: ReturnType<typeof setTimeout> | undefined;
  readonly #polling = new Polling(
    () => this.#read(),
    () => (this.runs.some(({ state }) => state === 'running') ? refreshMs : null),
  );
  #unwatch: (() => void) | null = null;

  constructor(private readonly socket: Socket) {}

  start(): void {
    const refresh = () => this.#refreshSoon();
    this.#unwatch = this.socket.watchRun({ runId: null, onevent: refresh, onwatching: refresh });
  }

  stop(): void {
    this.#unwatch?.();
    clearTimeout(this.#soon);
    this.#polling.stop();
  }

  async load(): Promise<void> {
    await this.#polling.now();
  }

  async #read(): Promise<void> {
    ({ runs: this.runs } = await http.get<{ runs: RunSummary[] }>('/api/runs'));
    this.loaded = true;
  }

  #refreshSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.load().catch(() => undefined), settleMs);
  }
}
