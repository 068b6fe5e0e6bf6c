import { describe, expect, it } from 'vitest';
import { MessageTree } from '../../../web/src/lib/chat/message-tree.js';

/** ```
 * q1 ─ a1 ─ q2 ─ a2
 *    └ a1b ─ q3
 * ``` */
const nodes = [
  { id: 'q1', parentId: null },
  { id: 'a1', parentId: 'q1' },
  { id: 'q2', parentId: 'a1' },
  { id: 'a2', parentId: 'q2' },
  { id: 'a1b', parentId: 'q1' },
  { id: 'q3', parentId: 'a1b' },
];

describe('a message tree', () => {
  it('gives the path from the root to a leaf', () => {
    expect(MessageTree.from(nodes).path('a2')).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('has no path to what it does not hold', () => {
    expect(MessageTree.from(nodes).path('elsewhere')).toEqual([]);
    expect(MessageTree.from(nodes).path(null)).toEqual([]);
  });

  it('counts siblings in the order in which they came', () => {
    expect(MessageTree.from(nodes).siblings('a1b')).toEqual(['a1', 'a1b']);
  });

  it('follows the newest branch to its end', () => {
    const tree = MessageTree.from(nodes);
    expect(tree.newestLeaf(null)).toBe('q3');
    expect(tree.newestLeaf('a1')).toBe('a2');
    expect(new MessageTree().newestLeaf(null)).toBeNull();
  });

  it('ignores a node that it holds already', () => {
    const tree = MessageTree.from(nodes);
    tree.add({ id: 'a1', parentId: 'q1' });
    expect(tree.siblings('a1')).toEqual(['a1', 'a1b']);
  });

  it('removes a node with everything below it', () => {
    const tree = MessageTree.from(nodes);
    expect(tree.remove('a1').sort()).toEqual(['a1', 'a2', 'q2']);
    expect(tree.siblings('a1b')).toEqual(['a1b']);
    expect(tree.has('a2')).toBe(false);
    expect(tree.remove('a1')).toEqual([]);
  });

  it('walks a branch of ten thousand messages', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => ({
      id: String(index),
      parentId: index === 0 ? null : String(index - 1),
    }));
    const tree = MessageTree.from(chain);
    expect(tree.path(tree.newestLeaf(null))).toHaveLength(10_000);
    expect(tree.remove('1')).toHaveLength(9_999);
  });
});
