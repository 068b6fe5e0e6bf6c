export const palette = {
  label: 'Command palette',
  placeholder: 'Type a command or the name of a conversation',
  empty: 'Nothing matches.',
  commands: 'Commands',
  conversations: 'Conversations',
  toggleScheme: 'Switch between dark and light',
  toggleLanguage: '切换到中文',
  shortcuts: 'Keyboard shortcuts',
};
