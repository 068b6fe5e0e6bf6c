import type { Messages } from '../messages';

export const rating: Messages['rating'] = {
  title: '评判回答',
  lead: '同一条消息的两个回答。请选出更好的一个；作者始终保密。',
  progress: (waiting, judged) => `待评判 ${waiting} 对 · 已评判 ${judged} 对`,
  prompt: '提问内容',
  empty: '目前没有需要评判的回答。',
  again: '再看一次',
  roles: { system: '指令', user: '用户', assistant: '模型' },
};
