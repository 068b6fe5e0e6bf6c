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
  asksUnsure: '优先询问奖励模型最没有把握的回答',
  asksUnsureHint:
    '适用于已有奖励模型的模型：由它为两个回答评分；若它比平常更有把握，则保留更好的回答，不再询问。',
  shareHint: '仅在内容可用于训练时。用户随时可以自己请求比较，也可以跳过。',
};
