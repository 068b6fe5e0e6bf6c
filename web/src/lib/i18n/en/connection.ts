export const connection = {
  lost: 'Connection lost. Reconnecting…',
  lostHint: 'Answers go on being written on the server.',
};
