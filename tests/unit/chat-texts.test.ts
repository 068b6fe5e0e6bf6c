import { describe, expect, it } from 'vitest';
import type { ConversationTree } from '../../common/contracts/conversations.js';
import { toModelTitle, toTitle } from '../../server/chat/title.js';
import { toDisposition, toMarkdown } from '../../server/chat/transfer/markdown-file.js';
import { toTurns } from '../../server/chat/turns.js';
import { TokenBucket } from '../../server/chat/socket/token-bucket.js';

describe('a title', () => {
  it('is the beginning of the message, cut between words', () => {
    expect(toTitle('# Hello\n\n**world**')).toBe('Hello world');
    const title = toTitle('one two three four five six seven eight nine ten eleven twelve thirteen');
    expect(title).toBe('one two three four five six seven eight nine ten eleven…');
    expect(toTitle('字'.repeat(100))).toBe(`${'字'.repeat(60)}…`);
    expect(toTitle(`a${' '.repeat(998)}🎉`)).toBe('a');
  });

  it('of the model loses its quotes, and is refused when it says nothing', () => {
    const said = 'How is sorting done in Rust, in Node.js 3.2, and by rivers? ¿Qué es un río? 排序 河很长';
    const read = (title: string) => toModelTitle(JSON.stringify({ title }), said);
    expect(read('Title: "Sorting in Rust."')).toBe('Sorting in Rust');
    expect(read('《排序》')).toBe('排序');
    for (const nothing of ['', '...', '\u0001\u0002\u0003', 'x'.repeat(200)])
      expect(read(nothing)).toBeNull();
    for (const prose of ['. It flows to the sea', 'It is long. Shall I go on?', '河很长。要继续吗'])
      expect(read(prose)).toBeNull();
    for (const kept of ['¿Qué es un río?', '🌊 Rivers', 'Node.js 3.2 basics', '排序入门'])
      expect(read(kept)).toBe(kept);
    for (const madeUp of ['titl', 'titlade', '天气']) expect(read(madeUp)).toBeNull();
    for (const cut of ['', '{"title": "Sorting', '"Sorting"']) expect(toModelTitle(cut, said)).toBeNull();
  });
});

describe('the turns for the model', () => {
  it('alternate: empty answers are left out and neighbours joined', () => {
    expect(
      toTurns('', [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
      ]),
    ).toEqual([
      { role: 'user', content: 'a\n\nb' },
      { role: 'assistant', content: 'c' },
    ]);
  });

  it('leave the messages that they were made from as they were', () => {
    const path = [
      { role: 'user' as const, content: 'a' },
      { role: 'user' as const, content: 'b' },
    ];
    toTurns('', path);
    expect(path[0]?.content).toBe('a');
  });
});

describe('Markdown', () => {
  const message = (id: string, parentId: string | null, role: 'user' | 'assistant') => ({
    id,
    parentId,
    role,
    content: `text of ${id}`,
    conversationId: 'c',
    status: 'complete' as const,
    createdAt: '2026-01-01T00:00:00.000Z',
    editedFromId: null,
    generation: null,
  });

  it('holds the shown branch alone', () => {
    const tree: ConversationTree = {
      id: 'c',
      title: 'My title',
      pinned: false,
      folderId: null,
      updatedAt: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
      systemPrompt: 'Be\nbrief',
      parameters: { modelVersionId: null, sampling: {} },
      trainingConsent: null,
      leafId: 'a2',
      draft: '',
      comparisons: [],
      messages: [
        message('q', null, 'user'),
        message('a1', 'q', 'assistant'),
        message('a2', 'q', 'assistant'),
      ],
    };
    expect(toMarkdown(tree)).toBe(
      '# My title\n\n> Be\n> brief\n\n## User\n\ntext of q\n\n## Assistant\n\ntext of a2\n',
    );
  });

  it('is named in any script, with nothing that a header or a file system minds', () => {
    expect(toDisposition(`${'a'.repeat(79)}🎉`, 'md')).toContain(`filename="${'a'.repeat(79)}.md"`);
    expect(toDisposition('对话/"x"\r\n', 'md')).toBe(
      `attachment; filename="_ x.md"; filename*=UTF-8''%E5%AF%B9%E8%AF%9D%20x.md`,
    );
  });
});

describe('the token bucket', () => {
  it('allows a burst, then so many a second', () => {
    let now = 0;
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => now);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0]);
    expect(bucket.take()).toBeCloseTo(0.5);
    now = 500;
    expect(bucket.take()).toBe(0);
    expect(bucket.take()).toBeGreaterThan(0);
  });
});
