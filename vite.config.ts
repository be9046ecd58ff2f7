/** How the page is built into `dist/web`, and served while it is worked on. */

import { defineConfig } from 'vite';

import { engineFiles } from './web/build/engine-files.ts';
import { offline, SERVICE_WORKER_FILE } from './web/build/offline.ts';

/** Where `npm start` listens; the development server passes API calls on to it. */
const STREAM_SERVICE = 'http://127.0.0.1:8080';

export default defineConfig({
  root: 'web',
  base: '/',
  plugins: [engineFiles(import.meta.dirname), offline()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: 'web/index.html', 'service-worker': 'web/offline/service-worker.ts' },
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? SERVICE_WORKER_FILE : 'assets/[name]-[hash].js') },
    },
  },
  // The worklet uses constants of files that also define schemas: schemas that nobody uses, and zod with them, stay out.
  worker: { format: 'es', rolldownOptions: { treeshake: { manualPureFunctions: ['z'] } } },
  server: {
    host: '127.0.0.1',
    fs: { allow: ['..'] },
    proxy: { '/v1': { target: STREAM_SERVICE, ws: true } },
  },
});
