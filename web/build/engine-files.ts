/** A Vite plugin: puts the kernel and the default model beside the page, so that it can listen without a server. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Plugin } from 'vite';

/** What `web/engine/built-files.ts` imports. */
const VIRTUAL_ID = 'virtual:engine-files';
const RESOLVED_ID = `\0${VIRTUAL_ID}`;
const FILES = {
  kernelUrl: 'dist/kernel/kernel.wasm',
  relaxedKernelUrl: 'dist/kernel/kernel-relaxed.wasm',
  manifestUrl: 'models/default/manifest.json',
  weightsUrl: 'models/default/weights.bin',
} as const;

/** Emits the files under names of their content. A build without one of them has no engine of its own, and the page says so. */
export function engineFiles(projectDirectory: string): Plugin {
  let isServing = false;
  return {
    name: 'engine-files',
    configResolved: ({ command }) => {
      isServing = command === 'serve';
    },
    resolveId: (id) => (id === VIRTUAL_ID ? RESOLVED_ID : undefined),
    load(id) {
      if (id !== RESOLVED_ID) return undefined;
      const emitted = (path: string): string => {
        const reference = this.emitFile({ type: 'asset', name: basename(path), source: readFileSync(path) });
        return `import.meta.ROLLUP_FILE_URL_${reference}`;
      };
      const paths = Object.entries(FILES).map(([name, file]) => [name, join(projectDirectory, file)] as const);
      if (!paths.every(([, path]) => existsSync(path))) return 'export default undefined;';
      const urls = paths.map(([name, path]) => `${name}: ${isServing ? JSON.stringify(`/@fs${path}`) : emitted(path)}`);
      return `export default { ${urls.join(', ')} };`;
    },
  };
}
