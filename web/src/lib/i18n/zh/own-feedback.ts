import type { Messages } from '../messages';

export const ownFeedback: Messages['ownFeedback'] = {
  title: '你的反馈',
  lead: '你对回答的评价、它们的去向，以及如何更改。',
  empty: '还没有。给回答点赞、比较两个回答或改进一个回答后，会列在这里。',
  more: '显示更多',
  kinds: { pick: '你从这个回答继续', edit: '你改进了一个回答' },
  outcomes: {
    left: '左边更好',
    right: '右边更好',
    tie: '两个一样好',
    both_bad: '两个都不好',
  },
  changeTo: (what) => `改为“${what}”`,
  gone: '该回答已被删除。',
  live: (version) => `${version} 从中学习，现已上线`,
  learnt: (version) => `${version} 从中学习`,
};
