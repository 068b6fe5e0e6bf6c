import { describe, expect, it } from 'vitest';
import type { ConversationTree } from '../../common/contracts/conversations.js';
import { readChatGptConversation } from '../../server/chat/transfer/chatgpt-file.js';
import { toMessages, type ImportedNode } from '../../server/chat/transfer/imported-tree.js';
import { readMarkdown, toMarkdown } from '../../server/chat/transfer/markdown-file.js';
import { readOpenWebUiChat } from '../../server/chat/transfer/open-webui-file.js';

const node = (key: string, parentKey: string | null, isKept = true): ImportedNode => ({
  key,
  parentKey,
  message: isKept
    ? {
        role: 'user',
        content: key,
        status: 'complete',
        createdAt: new Date(0),
        editedFromKey: null,
        generation: null,
      }
    : null,
});

describe('a tree from a file', () => {
  it('has parents before children, whatever the order of the file', () => {
    const messages = toMessages([node('c', 'b'), node('a', null), node('b', 'a')], 'file');
    expect(messages.map(({ key, parentKey }) => [key, parentKey])).toEqual([
      ['a', null],
      ['b', 'a'],
      ['c', 'b'],
    ]);
  });

  it('hangs what was below a left-out node below its ancestor', () => {
    const messages = toMessages(
      [node('root', null, false), node('a', 'root'), node('tool', 'a', false), node('b', 'tool')],
      'f',
    );
    expect(messages.map(({ key, parentKey }) => [key, parentKey])).toEqual([
      ['a', null],
      ['b', 'a'],
    ]);
  });

  it('is refused with the place when a parent is missing or is below itself', () => {
    expect(() => toMessages([node('a', 'nowhere')], 'file.mapping')).toThrow(/file\.mapping\.a .*nowhere/);
    expect(() => toMessages([node('a', 'b'), node('b', 'a')], 'file')).toThrow(/own ancestor/);
  });

  it('may be as deep as a conversation is long', () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) =>
      node(String(index), index === 0 ? null : String(index - 1)),
    );
    expect(toMessages(nodes.reverse(), 'file')).toHaveLength(20_000);
  });
});

describe("ChatGPT's file", () => {
  it('gives what was said, in its branches, without tools, reasoning and hidden messages', () => {
    const message = (role: string, content: object, more: object = {}) => ({
      author: { role, name: null, metadata: {} },
      create_time: 1_736_209_412.345,
      content,
      status: 'finished_successfully',
      weight: 1,
      recipient: 'all',
      metadata: {},
      ...more,
    });
    const text = (...parts: unknown[]) => ({ content_type: 'text', parts });
    const imported = readChatGptConversation(
      {
        title: 'Postgres',
        create_time: 1_736_209_400,
        update_time: 1_736_209_800.5,
        current_node: 'tool-result',
        mapping: {
          root: { id: 'root', message: null, parent: null, children: ['system'] },
          system: {
            id: 'system',
            parent: 'root',
            message: message('system', text(''), { weight: 0 }),
          },
          question: {
            id: 'question',
            parent: 'system',
            message: message('user', {
              content_type: 'multimodal_text',
              parts: [{ content_type: 'image_asset_pointer', asset_pointer: 'file-service://x' }, 'Look'],
            }),
          },
          thoughts: { parent: 'question', message: message('assistant', { content_type: 'thoughts' }) },
          call: {
            parent: 'thoughts',
            message: message('assistant', { content_type: 'code', text: 'search()' }, { recipient: 'web' }),
          },
          answer: { parent: 'call', message: message('assistant', text('Fine', 'indeed')) },
          other: { parent: 'question', message: message('assistant', text('Otherwise')) },
          'tool-result': { parent: 'answer', message: message('tool', text('rows')) },
        },
      },
      '[0]',
    );
    expect(imported.messages.map(({ key, parentKey, content }) => [key, parentKey, content])).toEqual([
      ['question', null, 'Look'],
      ['answer', 'question', 'Fine\n\nindeed'],
      ['other', 'question', 'Otherwise'],
    ]);
    expect(imported.leafKey).toBe('answer');
    expect(imported.updatedAt).toEqual(new Date(1_736_209_800_500));
  });

  it('is refused with the place of what is wrong', () => {
    const file = { title: 'x', mapping: { a: { parent: null, message: { author: 'me' } } } };
    expect(() => readChatGptConversation(file, '[3]')).toThrow(/\[3\]\.mapping\.a\.message\.author/);
  });
});

describe("Open WebUI's file", () => {
  it('gives the tree of the history, the system prompt and the shown branch', () => {
    const imported = readOpenWebUiChat(
      {
        id: '1',
        user_id: 'u',
        title: 'Chat',
        created_at: 1_700_000_000,
        updated_at: 1_700_000_100,
        pinned: true,
        chat: {
          title: 'Chat',
          models: ['llama'],
          params: { system: 'Be kind.' },
          history: {
            currentId: 'b2',
            messages: {
              a: {
                id: 'a',
                parentId: null,
                childrenIds: ['b1', 'b2'],
                role: 'user',
                content: 'Hi',
                timestamp: 1_700_000_001,
              },
              b1: {
                id: 'b1',
                parentId: 'a',
                childrenIds: [],
                role: 'assistant',
                content: 'Hello',
                done: true,
              },
              b2: { id: 'b2', parentId: 'a', childrenIds: [], role: 'assistant', content: 'Hey', done: true },
            },
          },
        },
      },
      '[0]',
    );
    expect(imported).toMatchObject({ pinned: true, systemPrompt: 'Be kind.', leafKey: 'b2', title: 'Chat' });
    expect(imported.messages.map(({ key, parentKey }) => [key, parentKey])).toEqual([
      ['a', null],
      ['b1', 'a'],
      ['b2', 'a'],
    ]);
  });
});

describe('a Markdown document', () => {
  const tree = (contents: readonly string[]): ConversationTree => {
    const at = '2026-01-01T00:00:00.000Z';
    const messages = contents.map((content, index): ConversationTree['messages'][number] => ({
      id: String(index),
      conversationId: 'c',
      parentId: index === 0 ? null : String(index - 1),
      role: index % 2 === 0 ? 'user' : 'assistant',
      content,
      status: 'complete',
      createdAt: at,
      editedFromId: null,
      generation: null,
    }));
    return {
      ...{
        id: 'c',
        title: 'Two  words',
        pinned: false,
        folderId: null,
        updatedAt: at,
        createdAt: at,
        draft: '',
      },
      ...{ systemPrompt: 'Be kind.\n\nBe brief.', trainingConsent: null, comparisons: [], messages },
      parameters: { modelVersionId: null, sampling: {} },
      leafId: String(contents.length - 1),
    };
  };

  it('gives back what was written out, headings in a text included', () => {
    const contents = ['# Hello\n\n## User\nsaid', 'An *answer*\n\n## Assistant\n\\## User', 'Thanks'];
    const text = toMarkdown(tree(contents)).replaceAll('\n', '\r\n');
    const imported = readMarkdown({ format: 'markdown', text }, 'file');
    expect(imported).toMatchObject({
      title: 'Two words',
      systemPrompt: 'Be kind.\n\nBe brief.',
      leafKey: '2',
    });
    expect(imported.messages.map(({ role, content, parentKey }) => [role, content, parentKey])).toEqual([
      ['user', contents[0], null],
      ['assistant', contents[1], '0'],
      ['user', contents[2], '1'],
    ]);
  });

  it('in which nobody says anything is refused', () => {
    expect(() => readMarkdown({ format: 'markdown', text: '# Notes' }, '[1]')).toThrow(/\[1\].*## User/);
  });
});
