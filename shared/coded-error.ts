/** The base of every error that a user, a client or an operator may see: a stable code and a sentence. */

/** An expected failure at an edge. `code` is snake_case, stable and documented; `message` says what to do about it. */
export class CodedError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}
