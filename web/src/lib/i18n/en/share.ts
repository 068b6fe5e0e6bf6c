export const share = {
  title: 'Share a read-only link',
  lead: 'Anyone who has the link can read this conversation as it is shown now, without an account.',
  create: 'Create link',
  existing: 'Links',
  none: 'No links yet.',
  revoke: 'Revoke',
  revoked: 'The link no longer works.',
  created: (date: string) => `created ${date}`,
  readOnly: 'Shared conversation, read-only',
  open: 'Open Attune',
};
