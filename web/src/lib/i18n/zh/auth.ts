import type { Messages } from '../messages';

export const auth: Messages['auth'] = {
  setupTitle: '欢迎使用 Attune',
  setupLead: '创建第一个账户。它属于运行这台服务器的人。',
  setupCode: '设置码',
  setupCodeHint: '显示在启动 Attune 的终端中。',
  setupAction: '创建账户',
  loginTitle: '登录',
  loginLead: '很高兴再次见到你。',
  loginAction: '登录',
  inviteTitle: '你收到了邀请',
  inviteLead: '在这台 Attune 服务器上创建账户。',
  inviteAction: '加入',
  passwordHint: '至少 10 个字符。',
  working: '请稍候…',
};
