import type { Messages } from '../messages';

const quoted = (texts: readonly string[], between: string) => texts.map((text) => `“${text}”`).join(between);
const units = { words: '词', characters: '字符' };

export const checks: Messages['checks'] = {
  kinds: {
    length: '长度',
    language: '语言',
    ends_with_question: '以问题结尾',
    contains: '包含',
    excludes: '不包含',
    matches: '符合正则表达式',
    json: '是 JSON',
    json_schema: '符合 JSON Schema',
    arithmetic: '结果正确',
    refuses: '拒绝',
  },
  told: {
    length: ({ unit, min, max }) => {
      if (min === null) return `最多 ${max} ${units[unit]}`;
      return max === null ? `至少 ${min} ${units[unit]}` : `${min} 到 ${max} ${units[unit]}`;
    },
    language: ({ language }) => (language === 'en' ? '用英文' : '用中文'),
    ends_with_question: () => '以问题结尾',
    contains: ({ texts, need }) => `说到${quoted(texts, need === 'all' ? '和' : '或')}`,
    excludes: ({ texts }) => `不说${quoted(texts, '或')}`,
    matches: ({ pattern }) => `符合 ${pattern}`,
    json: () => '是 JSON',
    json_schema: () => '符合 JSON Schema',
    arithmetic: ({ result }) => (result === null ? '结果正确' : `结果为 ${result}`),
    refuses: ({ expected }) => (expected ? '拒绝' : '不拒绝'),
  },
  kind: '规则',
  fields: {
    'length.unit': {
      title: '计数单位',
      help: '两个汉字算一个词。',
      choices: { words: '词', characters: '字符' },
    },
    min: { title: '至少', help: '留空表示没有下限。' },
    max: { title: '至多', help: '留空表示没有上限。' },
    language: {
      title: '语言',
      help: '回答大部分所用的语言：en 为英文字母，zh 为汉字。',
      choices: { en: '英文', zh: '中文' },
    },
    'contains.texts': { title: '文本', help: '回答必须说到的内容，每行一条。' },
    'excludes.texts': { title: '文本', help: '回答不得说的内容，每行一条。' },
    need: { title: '需要多少', help: '全部文本，或至少一条。', choices: { all: '全部', any: '任意一条' } },
    caseSensitive: { title: '区分大小写', help: '大写字母是否必须一致。' },
    pattern: { title: '表达式', help: 'JavaScript 的正则表达式，出现在任何位置都算。' },
    schema: { title: 'JSON Schema', help: '整个回答都必须是 JSON，并符合它。' },
    result: { title: '结果', help: '留空则从提示中取得，用符号或文字均可：3 + 4、3 plus 4、3加4。' },
    expected: { title: '必须拒绝', help: '对无害的提示请关闭：回答不得拒绝。' },
  },
};
