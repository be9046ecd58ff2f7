/** What the set-up scripts say on the terminal. */

/**
 * Prints one line about what is going on.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Announces a step, runs it and says how long it took.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  say(`• ${title} ...`);
  const startMs = performance.now();
  const result = await work();
  say(`  done in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return result;
}
