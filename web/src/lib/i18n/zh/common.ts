import type { Messages } from '../messages';

export const common: Messages['common'] = {
  cancel: '取消',
  save: '保存',
  close: '关闭',
  delete: '删除',
  rename: '重命名',
  copy: '复制',
  copied: '已复制',
  create: '创建',
  retry: '重试',
  more: '更多操作',
  name: '名称',
  email: '邮箱',
  password: '密码',
  saved: '已保存',
  dismiss: '知道了',
  between: '、',
  colon: '：',
  pages: { earlier: '上一页', later: '下一页', range: (from, to) => `${from} 至 ${to}` },
};
