/** What the web page is made of, as browsers ask for it. Relative in the page itself, so that a proxy may put all below a prefix. */
export const PATHS: ReadonlySet<string> = new Set([
  '/',
  '/index.html',
  '/tail.html',
  '/ok.html',
  '/page.css',
  '/page.js',
  '/icon.svg',
  '/events',
  '/act',
]);
