import type { Messages } from '../messages';

export const comparisonSettings: Messages['comparisonSettings'] = {
  title: '盲比',
  lead: '不显示名称地比较两个回答时展示什么，以及服务器多久主动提出一次。',
  candidates: '比较什么',
  types: {
    seeds: '作答的模型与它自己，两个种子',
    challenger: '作答的模型与一个挑战者',
    pair: '任意两个版本',
  },
  challenger: '挑战者',
  first: '第一个版本',
  second: '第二个版本',
  share: '服务器主动提出比较的轮次比例',
  shareHint: '仅在内容可用于训练时。用户随时可以自己请求比较，也可以跳过。',
};
