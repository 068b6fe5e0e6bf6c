import type { Messages } from '../messages';

export const tokens: Messages['tokens'] = {
  label: '这个回答的词元及其概率',
  none: '这个回答没有记录概率。换一个回答即可查看。',
  rank: (rank) => `模型的第 ${rank} 选择`,
  unranked: '不在最可能的选择之中',
  alternatives: '这里还可能是',
  other: '其余全部',
  unlikely: '不太可能',
  likely: '确定',
  perplexity: (value) => `困惑度 ${value}`,
  space: '空格',
  newline: '换行',
  partial: '字符的一部分',
};
