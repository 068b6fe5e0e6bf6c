import { describe, expect, it } from 'vitest';
import { findNewestLeaf, listSubtree } from '../../server/chat/tree-shape.js';

const node = (id: string, parentId: string | null = null) => ({ id, parentId });
//  a -> b -> c, d;  a -> e;  f
const tree = [node('a'), node('b', 'a'), node('c', 'b'), node('d', 'b'), node('e', 'a'), node('f')];

describe('the shape of a tree', () => {
  it('has everything below a message in its subtree, and nothing beside it', () => {
    expect(listSubtree(tree, 'b')).toEqual(new Set(['b', 'c', 'd']));
    expect(listSubtree(tree, 'f')).toEqual(new Set(['f']));
  });

  it('ends at the newest child of the newest child', () => {
    expect(findNewestLeaf(tree, 'b')).toBe('d');
    expect(findNewestLeaf(tree, 'a')).toBe('e');
    expect(findNewestLeaf(tree, null)).toBe('f');
    expect(findNewestLeaf(tree, 'c')).toBe('c');
    expect(findNewestLeaf([], null)).toBeNull();
  });
});
