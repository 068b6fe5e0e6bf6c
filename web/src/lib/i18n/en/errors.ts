export const errors = {
  unknown: 'Something unexpected happened in this page. Reload it and try again.',
  offline: 'The server cannot be reached right now.',
  /** In lists that an error tells. */
  between: '; ',
  unreadable: (status: string) => `The server answered in a way this page cannot read (${status}).`,
  notCopied: 'The browser does not let this page copy; select the text and copy it yourself.',
  notHere: 'There is nothing here',
  notHereHint: 'The address is wrong, or what stood here was deleted.',
};
