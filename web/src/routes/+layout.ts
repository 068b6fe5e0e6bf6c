/** One document for every path: the server knows nothing of the page's routes, and nothing private is rendered ahead. */
export const ssr = false;
export const prerender = false;
