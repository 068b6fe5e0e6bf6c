import type { Messages } from '../messages';

export const connection: Messages['connection'] = {
  lost: '连接已断开，正在重新连接…',
  lostHint: '服务器会继续写完回答。',
};
