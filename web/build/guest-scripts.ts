/** A Vite plugin for scripts that run in pages of other origins, which may not load worklets and workers from ours. */

import { build, type Plugin } from 'vite';

/** How the microphone asks for its worklet; here it is carried inside the script, as a blob. */
const WORKLET_QUERY = '?worker&url';
const WORKLET_PREFIX = '\0inline-worklet:';
/** The engine's worker is a classic script beside the page, fetched when it is needed: blobs may import it from anywhere. */
const WORKER_ID = 'virtual:engine-worker';
const RESOLVED_WORKER_ID = `\0${WORKER_ID}`;

/** @param engineWorker - path of the worker's module */
export function guestScripts(engineWorker: string): Plugin {
  return {
    name: 'guest-scripts',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (id === WORKER_ID) return RESOLVED_WORKER_ID;
      if (!id.endsWith(WORKLET_QUERY)) return undefined;
      const resolved = await this.resolve(id.slice(0, -WORKLET_QUERY.length), importer);
      return resolved ? WORKLET_PREFIX + resolved.id : undefined;
    },
    async load(id) {
      if (id === RESOLVED_WORKER_ID) {
        const reference = this.emitFile({ type: 'asset', name: 'guest-engine.js', source: await bundle(engineWorker, 'iife') });
        return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
      }
      if (!id.startsWith(WORKLET_PREFIX)) return undefined;
      const code = await bundle(id.slice(WORKLET_PREFIX.length), 'es');
      return `export default URL.createObjectURL(new Blob([${JSON.stringify(code)}], { type: 'text/javascript' }));`;
    },
  };
}

/** As the page's own build does it: schemas that nobody uses, and zod with them, stay out. */
async function bundle(entry: string, format: 'es' | 'iife'): Promise<string> {
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: entry, output: { format }, treeshake: { manualPureFunctions: ['z'] } },
    },
  });
  const [output] = [result].flat();
  const chunk = output && 'output' in output ? output.output[0] : undefined;
  if (!chunk) throw new TypeError(`bundling ${entry} gave nothing`);
  return chunk.code;
}
