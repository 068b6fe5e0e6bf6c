/**
 * Where the boxes of a lineage graph stand. Versions and the runs that made them go down one line; what a run learnt from stands before
 * it, what was said of a version behind it: beside the line where there is room, else indented under it.
 */
import type { LineageGraph, LineageNode } from '$contracts';

export const boxHeight = 50;
const gap = 18;
/** Between the columns. */
const gutter = 44;
/** Below this width there is one column. */
const wideFrom = 560;
const margin = 20;
const indent = 40;

export interface Box {
  node: LineageNode;
  x: number;
  y: number;
  width: number;
}
export interface GraphLayout {
  boxes: Box[];
  /** SVG paths, from what came first. */
  paths: string[];
  height: number;
}

interface Family {
  node: LineageNode;
  before: LineageNode[];
  behind: LineageNode[];
}

/** @param width  of the drawing, px */
export function layOutGraph(graph: LineageGraph, width: number): GraphLayout {
  const families = toFamilies(graph);
  const { boxes, height } = width >= wideFrom ? placeWide(families, width) : placeNarrow(families, width);
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const paths = graph.edges.flatMap(({ from, to }) => {
    const [start, end] = [byId.get(from), byId.get(to)];
    return start && end ? toPath(start, end, boxes) : [];
  });
  return { boxes, paths, height };
}

const isOnLine = ({ type }: LineageNode) => type === 'base' || type === 'version' || type === 'run';

function toFamilies({ nodes, edges }: LineageGraph): Family[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const placed = new Set<string>();
  const unplaced = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const node = byId.get(id);
      if (!node || isOnLine(node) || placed.has(id)) return [];
      placed.add(id);
      return [node];
    });
  return nodes.filter(isOnLine).map((node) => ({
    node,
    before: unplaced(edges.filter(({ to }) => to === node.id).map(({ from }) => from)),
    behind: unplaced(edges.filter(({ from }) => from === node.id).map(({ to }) => to)),
  }));
}

type Placed = Pick<GraphLayout, 'boxes' | 'height'>;

function placeWide(families: readonly Family[], full: number): Placed {
  const width = (full - 2 * gutter) / 3;
  const boxes: Box[] = [];
  let y = 1;
  for (const { node, before, behind } of families) {
    const columns = [before, [node], behind];
    columns.forEach((column, place) =>
      column.forEach((one, row) =>
        boxes.push({ node: one, x: place * (width + gutter), y: y + row * (boxHeight + gap), width }),
      ),
    );
    y += Math.max(...columns.map(({ length }) => length)) * (boxHeight + gap);
  }
  return { boxes, height: y - gap + 1 };
}

function placeNarrow(families: readonly Family[], full: number): Placed {
  const boxes: Box[] = [];
  let y = 1;
  const put = (node: LineageNode, x: number) => {
    boxes.push({ node, x, y, width: full - x - 1 });
    y += boxHeight + gap;
  };
  for (const { node, before, behind } of families) {
    for (const one of before) put(one, margin + indent);
    put(node, margin);
    for (const one of behind) put(one, margin + indent);
  }
  return { boxes, height: y - gap + 1 };
}

/** Straight down, across, or around whatever stands between. */
function toPath(from: Box, to: Box, boxes: readonly Box[]): string {
  const middle = (box: Box) => box.y + boxHeight / 2;
  const isAcross = from.x + from.width <= to.x;
  if (isAcross) {
    const bend = (from.x + from.width + to.x) / 2;
    return `M${from.x + from.width} ${middle(from)}C${bend} ${middle(from)} ${bend} ${middle(to)} ${to.x} ${middle(to)}`;
  }
  const x = Math.max(from.x, to.x) + margin;
  const isBetween = (box: Box) => box.y > from.y && box.y < to.y && box.x < x && x < box.x + box.width;
  // Under an indented box, or from the line to one: by its left edge.
  if (to.x > from.x) {
    const down = from.x + margin;
    return `M${down} ${from.y + boxHeight}V${middle(to) - 8}q0 8 8 8H${to.x}`;
  }
  if (!boxes.some(isBetween)) return `M${x} ${from.y + boxHeight}V${to.y}`;
  const out = Math.min(from.x, to.x) - margin * 0.7;
  return `M${from.x} ${middle(from)}Q${out} ${middle(from)} ${out} ${middle(from) + margin}V${middle(to) - margin}Q${out} ${middle(to)} ${to.x} ${middle(to)}`;
}

/** What fits into `width` px of text in a size of 14 px, with an ellipsis where something is left out. */
export function fitted(text: string, width: number): string {
  const widthOf = (character: string) => (/[\u1100-\uffff]/.test(character) ? 14 : 7.4);
  let used = 0;
  let kept = '';
  for (const character of text) {
    used += widthOf(character);
    if (used > width) return `${kept.slice(0, -1)}…`;
    kept += character;
  }
  return text;
}
