/** An expected failure of the set-up scripts: told in one sentence, without a stack. */

export class SetupError extends Error {
  /**
   * @param {string} code - stable, snake_case
   * @param {string} message - one sentence for a human
   * @param {ErrorOptions} [options] - holds the cause
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = 'SetupError';
    this.code = code;
  }
}
