/**
 * The shape of a conversation: who is below whom. It knows ids only, so that a branch of ten thousand messages is walked without
 * touching a single text.
 */
export interface TreeNode {
  id: string;
  parentId: string | null;
}

export class MessageTree {
  readonly #parents = new Map<string, string | null>();
  readonly #children = new Map<string | null, string[]>();

  static from(nodes: readonly TreeNode[]): MessageTree {
    const tree = new MessageTree();
    for (const node of nodes) tree.add(node);
    return tree;
  }

  has(id: string): boolean {
    return this.#parents.has(id);
  }

  /** Adds below its parent, last among its siblings; a node that is here already stays where it is. */
  add({ id, parentId }: TreeNode): void {
    if (this.#parents.has(id)) return;
    this.#parents.set(id, parentId);
    const siblings = this.#children.get(parentId);
    if (siblings) siblings.push(id);
    else this.#children.set(parentId, [id]);
  }

  /** Removes a node with everything below it; the ids that went, none when it was not here. */
  remove(id: string): string[] {
    const parentId = this.#parents.get(id);
    if (parentId === undefined) return [];
    this.#children.set(
      parentId,
      this.siblings(id).filter((sibling) => sibling !== id),
    );
    const removed: string[] = [];
    const rest = [id];
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      removed.push(next);
      rest.push(...(this.#children.get(next) ?? []));
      this.#children.delete(next);
      this.#parents.delete(next);
    }
    return removed;
  }

  parent(id: string): string | null {
    return this.#parents.get(id) ?? null;
  }

  /** All children of the node's parent, oldest first, itself among them. */
  siblings(id: string): readonly string[] {
    const parentId = this.#parents.get(id);
    return parentId === undefined ? [] : (this.#children.get(parentId) ?? []);
  }

  /** From the root to the leaf. */
  path(leafId: string | null): string[] {
    const path: string[] = [];
    let id = leafId;
    while (id !== null && this.#parents.has(id)) {
      path.push(id);
      id = this.parent(id);
    }
    return path.reverse();
  }

  /** The end of the newest branch below a node (the root's for null); null when there is nothing. */
  newestLeaf(id: string | null): string | null {
    let leaf = id;
    for (let child = this.#children.get(leaf)?.at(-1); child !== undefined;) {
      leaf = child;
      child = this.#children.get(leaf)?.at(-1);
    }
    return leaf;
  }
}
