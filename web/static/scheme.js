// Runs before the first paint, so that a dark page never flashes white. A file rather than inline: the page's CSP has no exception for it.
(() => {
  const scheme = localStorage.getItem('attune.scheme');
  if (scheme === 'light' || scheme === 'dark') document.documentElement.dataset.scheme = scheme;
})();
