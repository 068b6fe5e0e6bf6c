/** Questions about a conversation's tree, answered from its bare shape. */

export interface TreeNode {
  id: string;
  parentId: string | null;
}

/** @param nodes  all of the tree @returns `id` and everything below it */
export function listSubtree(nodes: readonly TreeNode[], id: string): Set<string> {
  const children = groupByParent(nodes);
  const subtree = new Set([id]);
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const member of subtree) for (const child of children.get(member) ?? []) subtree.add(child.id);
  return subtree;
}

/**
 * Below `fromId` (null: the roots), always by the newest child; `fromId` itself where nothing is below it.
 *
 * @param nodes  all of the tree, in order of creation
 */
export function findNewestLeaf(nodes: readonly TreeNode[], fromId: string | null): string | null {
  const children = groupByParent(nodes);
  let leafId = fromId;
  for (let next = children.get(leafId)?.at(-1); next; next = children.get(leafId)?.at(-1)) leafId = next.id;
  return leafId;
}

function groupByParent(nodes: readonly TreeNode[]): Map<string | null, TreeNode[]> {
  const children = new Map<string | null, TreeNode[]>();
  for (const node of nodes) {
    const siblings = children.get(node.parentId);
    if (siblings) siblings.push(node);
    else children.set(node.parentId, [node]);
  }
  return children;
}
