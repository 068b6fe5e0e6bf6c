import type { Messages } from '../messages';

export const share: Messages['share'] = {
  title: '分享只读链接',
  lead: '任何拥有链接的人无需账户即可阅读当前显示的对话。',
  create: '创建链接',
  existing: '链接',
  none: '还没有链接。',
  revoke: '撤销',
  revoked: '链接已失效。',
  created: (date) => `创建于 ${date}`,
  readOnly: '分享的对话，只读',
  open: '打开 Attune',
};
