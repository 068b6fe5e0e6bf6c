import { describe, expect, it } from 'vitest';
import type { LineageGraph, LineageNodeType } from '../../../common/contracts/lineage.js';
import { fitted, layOutGraph } from '../../../web/src/lib/lineage/graph-layout';

const node = (id: string, type: LineageNodeType) => ({
  id,
  type,
  name: id,
  detail: null,
  at: null,
  isGone: false,
});
/** A base, two runs that began as it on one dataset, and an evaluation of the second version. */
const graph: LineageGraph = {
  nodes: [
    node('base', 'base'),
    node('data', 'dataset'),
    node('run 1', 'run'),
    node('version 1', 'version'),
    node('run 2', 'run'),
    node('version 2', 'version'),
    node('judged', 'evaluation'),
  ],
  edges: [
    { from: 'base', to: 'run 1' },
    { from: 'data', to: 'run 1' },
    { from: 'run 1', to: 'version 1' },
    { from: 'base', to: 'run 2' },
    { from: 'data', to: 'run 2' },
    { from: 'run 2', to: 'version 2' },
    { from: 'version 2', to: 'judged' },
  ],
};

describe.each([720, 328])('the layout of a lineage graph, %i px wide', (width) => {
  const { boxes, paths, height } = layOutGraph(graph, width);

  it('places every node once, within the drawing, no two over each other', () => {
    expect(boxes.map(({ node: { id } }) => id).sort()).toEqual(graph.nodes.map(({ id }) => id).sort());
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + 50).toBeLessThanOrEqual(height);
      const others = boxes.filter((other) => other !== box && other.y === box.y);
      for (const other of others)
        expect(other.x >= box.x + box.width || box.x >= other.x + other.width).toBe(true);
    }
  });

  it('draws every edge, and leads it around what stands between', () => {
    expect(paths).toHaveLength(graph.edges.length);
    expect(new Set(paths).size).toBe(paths.length);
    const straight = /^M[\d.]+ [\d.]+V[\d.]+$/;
    expect(paths[0]).toMatch(straight);
    expect(paths[3]).not.toMatch(straight);
  });
});

describe('fitted', () => {
  it('leaves what fits, and cuts what does not, Chinese characters sooner', () => {
    expect(fitted('short', 100)).toBe('short');
    expect(fitted('a name that goes on', 80)).toBe('a name th…');
    expect(fitted('一个很长的名字', 60)).toBe('一个很…');
  });
});
