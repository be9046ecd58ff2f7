/** Ends an exhaustive `switch` over a union. */

/** Compiles only when every member of the union has been handled. @throws {TypeError} if one slips through at run time */
export function assertNever(value: never): never {
  throw new TypeError(`unhandled case: ${JSON.stringify(value)}`);
}
