/** Starts a worker thread on a TypeScript file. */

import { Worker } from 'node:worker_threads';

/** A thread does not inherit the loader that lets Node 20 read TypeScript, so it registers its own before its first import. */
export function startWorker(file: URL, workerData: unknown): Worker {
  const loader = import.meta.resolve('tsx/esm/api');
  const bootstrap = `import('${loader}').then(({ register }) => { register(); return import('${file.href}'); })`;
  return new Worker(bootstrap, { eval: true, execArgv: [], workerData });
}
