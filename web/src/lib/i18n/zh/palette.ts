import type { Messages } from '../messages';

export const palette: Messages['palette'] = {
  label: '命令面板',
  placeholder: '输入命令或对话名称',
  empty: '没有匹配项。',
  commands: '命令',
  conversations: '对话',
  toggleScheme: '切换深色与浅色',
  toggleLanguage: 'Switch to English',
  shortcuts: '键盘快捷键',
};
