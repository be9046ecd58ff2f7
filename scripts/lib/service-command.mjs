/**
 * How the stream service is started, by `npm start`, by the image, and by what measures it. A swap of models takes memory for a moment: V8's
 * nursery stays small, and the C library gives large blocks back. (Options of Node cannot be set once it runs.)
 */

/** Of Node, before the program. @type {readonly string[]} */
export const SERVICE_NODE_OPTIONS = ['--max-semi-space-size=4'];

/** Of glibc; other C libraries do not look at it. @type {Readonly<Record<string, string>>} */
export const SERVICE_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: '131072' };
