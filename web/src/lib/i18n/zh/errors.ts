import type { Messages } from '../messages';

export const errors: Messages['errors'] = {
  unknown: '页面出现意外情况，请刷新后重试。',
  offline: '目前无法连接服务器。',
  between: '；',
  unreadable: (status) => `服务器的回应无法读取（${status}）。`,
  notCopied: '浏览器不允许此页面复制，请选中文本后自行复制。',
  notHere: '这里什么也没有',
  notHereHint: '地址有误，或内容已被删除。',
};
