import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    // The server answers every path of the page with the same document; nothing is rendered ahead of time.
    adapter: adapter({ pages: 'build', fallback: 'index.html', precompress: true, strict: false }),
    alias: { $contracts: '../common/contracts' },
    // Absolute: the one document serves /share/x as well as /.
    paths: { relative: false },
    version: { pollInterval: 0 },
    typescript: {
      // What tests the page's modules is checked by the page's rules.
      config: (config) => ({ ...config, include: [...config.include, '../../tests/unit/page/**/*.ts'] }),
    },
  },
};
