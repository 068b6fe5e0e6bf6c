import { describe, expect, it } from 'vitest';
import { formatKinds, type DataKind, type DatasetFormat } from '../../common/contracts/dataset-formats.js';
import { formats } from '../../server/datasets/formats/formats.js';
import { hashContent, readRow, type StoredRow } from '../../server/datasets/rows/data-row.js';
import { assistant, contentOf, feedbackRows, storedRow, user } from '../support/data-rows.js';

function write(format: DatasetFormat, kind: DataKind, rows: readonly StoredRow[]): string {
  const { toHead, toText } = formats[format];
  return toHead(kind) + rows.map((row) => toText(row, kind)).join('');
}

/** The rows that a file comes to, or what is wrong with its records. */
async function read(format: DatasetFormat, text: string, pieceBytes = 7): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let start = 0; start < bytes.length; start += pieceBytes)
      yield bytes.subarray(start, start + pieceBytes);
  }
  const found: unknown[] = [];
  for await (const record of formats[format].readRecords(chunks())) {
    const outcome = 'problem' in record ? record : formats[format].toRows(record.value);
    if ('problem' in outcome) found.push(`line ${record.line}: ${outcome.problem}`);
    else for (const row of outcome.rows) found.push(readRow(row, record.line));
  }
  return found;
}

const lossless = (['trl-conversational', 'csv', 'oasst', 'fastchat'] as const).flatMap((format) =>
  Object.entries(feedbackRows).flatMap(([kind, rows]) =>
    (formatKinds[format] as readonly string[]).includes(kind)
      ? [{ format, kind: kind as DataKind, rows }]
      : [],
  ),
);

describe('a format', () => {
  it.each(lossless)('gives $kind rows back from $format as they were', async ({ format, kind, rows }) => {
    const back = await read(format, write(format, kind, rows));
    expect(back).toEqual(rows.map((row) => contentOf(row)));
  });

  it.each(Object.entries(feedbackRows))(
    'writes plain %s rows that read and write alike',
    async (kind, rows) => {
      const text = write('trl-plain', kind as DataKind, rows);
      const back = await read('trl-plain', text);
      const again = back.map((content, index) => {
        expect(content).not.toHaveProperty('problem');
        return {
          id: rows[index]!.id,
          events: [],
          ...(content as { row: object }).row,
        } as unknown as StoredRow;
      });
      expect(write('trl-plain', kind as DataKind, again)).toBe(text);
    },
  );

  it('writes one question as its text, and a longer path as a transcript', () => {
    const [short, long] = feedbackRows.kto.map((row) => JSON.parse(formats['trl-plain'].toText(row, 'kto')));
    expect(short).toMatchObject({ prompt: 'Hi', label: true });
    expect(long.prompt).toBe(
      'System: Be brief.\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Do whales, or fish, sleep?\n\nAssistant:',
    );
  });

  it('takes every line of JSONL for one row, whatever characters it holds', () => {
    const text = write('trl-conversational', 'kto', feedbackRows.kto);
    expect(text.split(/\r?\n|\u2028|\u2029/).filter(Boolean)).toHaveLength(2);
  });

  it('gives rankings and plain texts back from CSV', async () => {
    const rows = [
      storedRow('r', { prompt: 'Best?', rankings: ['a', '[b', 'c'] }),
      storedRow('m', { prompt: 'Which?', chosen: '[1, 2]', rejected: 'y, "z"', margin: 0.5 }),
    ];
    expect(await read('csv', write('csv', 'preference', rows))).toEqual(rows.map((row) => contentOf(row)));
  });
});

describe('a message tree', () => {
  const tree = (replies: unknown[]) =>
    `${JSON.stringify({ prompt: { text: 'Q', role: 'prompter', replies } })}\n`;
  const reply = (text: string, more: object = {}) => ({ text, role: 'assistant', ...more });

  it('is a ranking, a pair, a thumb or a demonstration by what it says of the replies', async () => {
    const rows = await read(
      'oasst',
      tree([reply('c', { rank: 2 }), reply('a', { rank: 0 }), reply('b', { rank: 1 })]) +
        tree([
          reply('good', { emojis: { '+1': 2, '-1': 1 } }),
          reply('even', { emojis: { '+1': 1, '-1': 1 } }),
        ]) +
        tree([reply('only')]) +
        tree([reply('gone', { deleted: true })]),
    );
    const prompt = [user('Q')];
    expect(rows.map((content) => (content as { row: unknown }).row)).toEqual([
      { prompt, rankings: ['a', 'b', 'c'].map((text) => [assistant(text)]) },
      { prompt, completion: [assistant('good')], label: true },
      { prompt, completion: [assistant('only')] },
    ]);
  });

  it('is refused by its line when it is none', async () => {
    expect(await read('oasst', '{"prompt": 1}\nnonsense\n')).toEqual([
      expect.stringContaining('line 1: not a message tree'),
      'line 2: not JSON',
    ]);
  });
});

describe('a battle', () => {
  const battle = (winner: string, a: string, b: string) => ({
    model_a: 'x',
    model_b: 'y',
    winner,
    conversation_a: [user('Q'), assistant(a)],
    conversation_b: [user('Q'), assistant(b)],
  });

  it('is a pair, two thumbs down when both were bad, and nothing when they tied; from a JSON list as well', async () => {
    const list = [battle('model_b', '1', '2'), battle('tie', '3', '4'), battle('tie (bothbad)', '5', '6')];
    const rows = await read('fastchat', JSON.stringify(list));
    expect(rows).toMatchObject([
      { kind: 'preference', answers: [[assistant('2')], [assistant('1')]], row: { models: ['y', 'x'] } },
      { kind: 'kto', desirable: false, answers: [[assistant('5')]] },
      { kind: 'kto', desirable: false, answers: [[assistant('6')]] },
    ]);
  });

  it('is won by the one that stands second about as often as by the first', () => {
    const sides = Array.from({ length: 64 }, (_, index) => {
      const row = storedRow(`row ${index}`, feedbackRows.preference[0]);
      return JSON.parse(formats.fastchat.toText({ ...row, id: `row ${index}` }, 'preference')).winner;
    });
    const first = sides.filter((winner) => winner === 'model_a').length;
    expect(first).toBeGreaterThan(16);
    expect(first).toBeLessThan(48);
  });
});

describe('a row', () => {
  it.each([
    [{ prompt: 'a', completion: 'b', label: 'yes' }, 'label'],
    [{ prompt: 'a', chosen: 'b', rejected: 'b' }, 'the same'],
    [{ prompt: [user('a')], chosen: 'b', rejected: 'c' }, 'different forms'],
    [{ question: 'a' }, 'no known columns'],
    [[1], 'no known columns'],
    ['text', 'no known columns'],
  ])('is refused when the trainer could not read it: %j', (columns, reason) => {
    expect(readRow(columns, 1)).toEqual({ problem: expect.stringContaining(reason) });
  });

  it('says the same whoever gave the answers', () => {
    const [row] = feedbackRows.preference;
    expect(hashContent(contentOf({ ...row, models: ['a', 'b'], id: 'other' }))).toBe(
      hashContent(contentOf(row)),
    );
  });
});
