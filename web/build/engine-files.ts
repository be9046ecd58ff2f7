/** A Vite plugin: puts the kernel and the models beside the page, so that it can listen without a server. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Plugin } from 'vite';

/** What `web/engine/built-files.ts` imports. */
const VIRTUAL_ID = 'virtual:engine-files';
const RESOLVED_ID = `\0${VIRTUAL_ID}`;
const KERNELS = { kernelUrl: 'dist/kernel/kernel.wasm', relaxedKernelUrl: 'dist/kernel/kernel-relaxed.wasm' } as const;
/** The first is for those who ask for none. */
const MODEL_DIRECTORIES = ['models/default', 'models/wake'];

/** Emits the files under names of their content. A build without kernel or models has no engine of its own, and the page says so. */
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
      const url = (path: string): string => {
        if (isServing) return JSON.stringify(`/@fs${path}`);
        return `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name: basename(path), source: readFileSync(path) })}`;
      };
      const kernels = Object.entries(KERNELS).map(([name, file]) => [name, join(projectDirectory, file)] as const);
      const models = MODEL_DIRECTORIES.map((directory) => join(projectDirectory, directory)).filter(isModel);
      if (models.length === 0 || !kernels.every(([, path]) => existsSync(path))) return 'export default undefined;';
      const kernelUrls = kernels.map(([name, path]) => `${name}: ${url(path)}`);
      return `export default { ${kernelUrls.join(', ')}, models: [${models.map((directory) => modelCode(directory, url)).join(', ')}] };`;
    },
  };
}

function isModel(directory: string): boolean {
  return existsSync(manifestOf(directory)) && existsSync(weightsOf(directory));
}

function modelCode(directory: string, url: (path: string) => string): string {
  const { name } = JSON.parse(readFileSync(manifestOf(directory), 'utf8')) as { readonly name: string };
  return `{ name: ${JSON.stringify(name)}, manifestUrl: ${url(manifestOf(directory))}, weightsUrl: ${url(weightsOf(directory))} }`;
}

const manifestOf = (directory: string): string => join(directory, 'manifest.json');
const weightsOf = (directory: string): string => join(directory, 'weights.bin');
