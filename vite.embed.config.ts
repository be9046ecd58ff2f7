/** How `<kws-listener>` is built: one classic script beside the page, and the engine's worker, which it fetches when it is needed. */

import { join } from 'node:path';

import { defineConfig } from 'vite';

import { engineFiles } from './web/build/engine-files.ts';
import { guestScripts } from './web/build/guest-scripts.ts';

export default defineConfig({
  root: 'web',
  publicDir: false,
  plugins: [guestScripts(join(import.meta.dirname, 'web/engine/engine-worker.ts')), engineFiles(import.meta.dirname)],
  build: {
    outDir: '../dist/web',
    emptyOutDir: false, // the page is there already, and the engine's files have the same names
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: 'web/embed/kws-listener.ts',
      output: { format: 'iife', entryFileNames: 'kws-listener.js' },
    },
  },
});
