import type { Messages } from '../messages';

export const canary: Messages['canary'] = {
  share: '新对话的份额（%）',
  begin: '试用',
  change: '更改份额',
  withdraw: '撤回',
  onTrial: (share, date) => `试用中：回答 ${date} 以来 ${share}% 的新对话。`,
  answers: (_, shown) => `${shown} 个回答；`,
  thumbs: (rate, count, lower, upper) => `${count} 次评价中 ${rate} 为赞（95 % 区间 ${lower} 至 ${upper}）`,
  noThumbs: '还没有评价',
  stayOn: (name) => `一直使用 ${name}，无论哪个版本上线`,
  follow: (name) => `不再一直使用 ${name}`,
  gone: (name) => `你一直使用的 ${name} 已不存在，现由上线版本回答。`,
};
