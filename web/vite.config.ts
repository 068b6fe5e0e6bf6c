import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** Where `vite dev` finds a running Attune server. */
const server = process.env.ATTUNE_DEV_SERVER ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [sveltekit()],
  build: { target: 'es2022', reportCompressedSize: false },
  server: {
    proxy: { '/api': server, '/ready': server, '/ws': { target: server, ws: true } },
    fs: { allow: ['..'] },
  },
});
