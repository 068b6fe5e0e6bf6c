/** Sums and differences of small numbers: every pair is a row, so that phrasings can be held out pair by pair. */
import type { Row, Table } from '../table.js';

const largest = 9;

export const additions: Table = {
  name: 'additions',
  rows: pairs().map(([a, b]) => toRow(a, b, a + b)),
};

export const subtractions: Table = {
  name: 'subtractions',
  rows: pairs().map(([a, b]) => toRow(a + b, b, a)),
};

function pairs(): [number, number][] {
  return Array.from({ length: largest * largest }, (_, index) => [
    Math.floor(index / largest) + 1,
    (index % largest) + 1,
  ]);
}

function toRow(a: number, b: number, result: number): Row {
  const values = { a: String(a), b: String(b), result: String(result) };
  return { id: `${a}/${b}`, en: values, zh: values };
}
