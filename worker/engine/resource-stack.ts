/** Resources released last to first; Node 20 has no `DisposableStack`. */
export class ResourceStack implements Disposable {
  readonly #resources: Disposable[] = [];

  /** Takes ownership. @returns what came */
  own<T extends Disposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  [Symbol.dispose](): void {
    for (let last = this.#resources.pop(); last; last = this.#resources.pop()) last[Symbol.dispose]();
  }
}
