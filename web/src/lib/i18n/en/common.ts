export const common = {
  cancel: 'Cancel',
  save: 'Save',
  close: 'Close',
  delete: 'Delete',
  rename: 'Rename',
  copy: 'Copy',
  copied: 'Copied',
  create: 'Create',
  retry: 'Try again',
  more: 'More actions',
  name: 'Name',
  email: 'Email',
  password: 'Password',
  saved: 'Saved',
  dismiss: 'Dismiss',
  /** In lists. */
  between: ', ',
  /** After a label. */
  colon: ': ',
  pages: {
    earlier: 'Earlier',
    later: 'Later',
    range: (from: string, to: string) => `${from} to ${to}`,
  },
};
