import type { Messages } from '../messages';

export const shortcuts: Messages['shortcuts'] = {
  title: '键盘快捷键',
  general: '任何位置',
  inChat: '对话中',
  palette: '命令面板',
  newChat: '新对话',
  search: '搜索对话',
  sidebar: '显示或隐藏侧栏',
  help: '本列表',
  focusComposer: '转到消息框',
  send: '发送',
  newLine: '换行',
  stop: '停止回答',
  editLast: '编辑上一条消息（消息框为空时）',
  copyLast: '复制上一个回答',
  tokenView: '词元概率',
  thumbUp: '好回答（最后一个，或焦点所在的）；再按一次撤回',
  thumbDown: '差回答',
  leaveField: '离开消息框，以使用单键',
};
