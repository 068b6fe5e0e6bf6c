import { describe, expect, it } from 'vitest';
import { GrowingMarkdown, isSafeLink } from '../../../web/src/lib/markdown/lexer.js';
import { settleTail } from '../../../web/src/lib/markdown/unsettled-tail.js';

const sample = [
  '# Title',
  'A paragraph with **bold** text and `code`.',
  '- one\n- two\n  - nested',
  '```js\nconst a = 1;\n\nconst b = 2;\n```',
  '| a | b |\n|---|---|\n| 1 | 2 |',
  '> quoted\n\nThe end.',
].join('\n\n');

const shape = (tokens: readonly { type: string; raw: string }[]) =>
  tokens.map(({ type, raw }) => [type, raw]);

describe('growing Markdown', () => {
  it('gives the same blocks however the text arrives', () => {
    for (const step of [1, 3, 17]) {
      const growing = new GrowingMarkdown();
      for (let end = 0; end < sample.length; end += step) growing.lex(sample.slice(0, end));
      expect(shape(growing.lex(sample))).toEqual(shape(new GrowingMarkdown().lex(sample)));
    }
  });

  it('keeps the blocks that are settled, so that they are not drawn again', () => {
    const growing = new GrowingMarkdown();
    const before = growing.lex(sample)[0];
    expect(growing.lex(`${sample} More.`)[0]).toBe(before);
  });

  it('starts over when the text is another', () => {
    const growing = new GrowingMarkdown();
    growing.lex(sample);
    expect(shape(growing.lex('Something else.'))).toEqual([['paragraph', 'Something else.']]);
  });

  it.each([
    ['$e^{i\\pi}$', ['math']],
    ['$$x$$', ['math']],
    ['\\(x\\) and \\[y\\]', ['math', 'text', 'math']],
    ['$700\\,\\mathrm{nm}$', ['math']],
    ['It costs $5 or $10.', ['text']],
    ['$ no formula $', ['text']],
  ])('tells formulas from prices: %s', (text, types) => {
    const [paragraph] = new GrowingMarkdown().lex(text);
    const inline = paragraph?.type === 'paragraph' ? paragraph.tokens.map(({ type }) => type) : [];
    expect(inline).toEqual(types);
  });

  const boldIn = (text: string) => {
    const [paragraph] = new GrowingMarkdown().lex(text);
    const inline = paragraph?.type === 'paragraph' ? paragraph.tokens : [];
    return inline.filter(({ type }) => type === 'strong').map(({ raw }) => raw);
  };

  it.each([
    ['**注意：**请先备份', ['**注意：**']],
    ['这是**“重点”**的内容', ['**“重点”**']],
    ['使用**`code`**命令', ['**`code`**']],
    ['**《甲》**和**（乙）**', ['**《甲》**', '**（乙）**']],
    ['**重点：a*b*c。**完', ['**重点：a*b*c。**']],
    ['注**`a**b`：**意', ['**`a**b`：**']],
    ['これは**「重要」**です', ['**「重要」**']],
    ['Plain **bold** text', ['**bold**']],
  ])('is bold beside punctuation that no space follows: %s', (text, bold) => {
    expect(boldIn(text)).toEqual(bold);
  });

  it.each(['2 ** 3 ** 4', '二 ** 三 ** 四', '`**注意：**请`', '\\**注意：**请', 'x**“y”**z'])(
    'leaves asterisks that are none: %s',
    (text) => expect(boldIn(text)).toEqual([]),
  );

  it('opens only addresses that cannot run anything', () => {
    expect(['https://a.org', 'mailto:a@b.c', '/c/1', '#x'].every(isSafeLink)).toBe(true);
    expect(['javascript:alert(1)', 'data:text/html,x', '//evil.org', 'vbscript:x'].some(isSafeLink)).toBe(
      false,
    );
  });
});

describe('the tail of a text that is being written', () => {
  it.each([
    ['A line\n-', 'A line'],
    ['A line\n==', 'A line'],
    ['1. one\n2', '1. one'],
    ['Text\n\n##', 'Text\n'],
    ['| a | b', ''],
    ['| a | b |\n|--', ''],
    ['some **bold', 'some **bold**'],
    ['some **', 'some '],
    ['some `code', 'some `code`'],
    ['A formula: $$x^2', 'A formula: '],
    ['```js\nconst a = `x', '```js\nconst a = `x'],
  ])('waits or closes: %j', (text, shown) => {
    expect(settleTail(text)).toBe(shown);
  });

  it.each(['A sentence.', 'some **bold** text', '| a | b |\n|---|---|\n| 1 |', '- one\n- two', 'in 1984'])(
    'leaves alone what is settled: %j',
    (text) => expect(settleTail(text)).toBe(text),
  );
});
