import type { Messages } from '../messages';

export const comparison: Messages['comparison'] = {
  ask: '比较两个回答',
  title: '待比较的两个回答',
  left: '左边的回答',
  right: '右边的回答',
  waiting: '等待中…',
  question: '哪一个更好？',
  untilDone: '两个回答都完成后即可选择。',
  offered: '你的选择有助于改进模型，也可以跳过。',
  outcomes: { left: '左边', right: '右边', tie: '一样好', both_bad: '都不好' },
  sides: { left: '左边', right: '右边', tie: '一样' },
  reasons: '说明理由',
  whichReasons: '差别在哪里？',
  skip: '跳过',
  chosen: {
    left: '你选择了左边：',
    right: '你选择了右边：',
    tie: '你认为一样好：',
    both_bad: '你认为都不好：',
  },
  names: (left, right) => `左边是 ${left}，右边是 ${right}。`,
  seed: (name, seed) => `${name}（种子 ${seed}）`,
  nobody: '未完成的回答',
};
