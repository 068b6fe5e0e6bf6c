/** How a chart looks: the page's own colours, read when they are needed, so that it follows the colour scheme. */
import type uPlot from 'uplot';

const colours = ['--accent', '--amber', '--coral', '--code-4', '--code-1', '--code-2'] as const;

export interface LineOptions {
  lines: readonly { name: string; isSparse: boolean }[];
  /** Each line that is not sparse a second time, smoothed, over its faint measured self. */
  isSmooth: boolean;
  isTime: boolean;
  xLabel: string;
  size: { width: number; height: number };
}

/** CSS colour of the n-th line, from 0. */
export function lineColour(index: number): string {
  return `var(${colours[index % colours.length]})`;
}

export function lineOptions({ lines, isSmooth, isTime, xLabel, size }: LineOptions): uPlot.Options {
  const looks = lines.map(({ name, isSparse }, index) => ({
    label: name,
    stroke: () => readColour(colours[index % colours.length] ?? '--ink'),
    width: 1.75,
    spanGaps: true,
    points: { show: isSparse, size: 5 },
  }));
  const isFaint = (index: number) => isSmooth && !lines[index]?.isSparse;
  const measured = looks.map((look, index) => ({ ...look, alpha: isFaint(index) ? 0.3 : 1 }));
  const averages = looks.filter((_, index) => isFaint(index));
  const axis = {
    stroke: () => readColour('--ink-faint'),
    grid: { stroke: () => readColour('--line'), width: 1 },
    ticks: { show: false },
    font: '12px "Instrument Sans", system-ui, sans-serif',
  };
  return {
    ...size,
    scales: { x: { time: isTime } },
    series: [{ label: xLabel }, ...measured, ...averages],
    axes: [
      // Under the hours stands their day.
      { ...axis, size: isTime ? 44 : 32 },
      { ...axis, size: 56, values: (_, ticks) => ticks.map(shortNumber) },
    ],
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    legend: { show: false },
    padding: [8, 12, 0, 0],
  };
}

/** What the axis has room for. */
function shortNumber(value: number): string {
  const notation = Math.abs(value) >= 10_000 ? 'compact' : 'standard';
  const digits = { maximumSignificantDigits: 4 };
  return new Intl.NumberFormat(document.documentElement.lang, { notation, ...digits }).format(value);
}

function readColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
