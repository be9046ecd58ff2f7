/** A promise that is settled from outside; `Promise.withResolvers` is missing from Node 20. */

export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

/** Makes one whose rejection may go unobserved, since not every owner awaits it. */
export function createDeferred<Value>(): Deferred<Value> {
  let settle: Pick<Deferred<Value>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject };
  });
  promise.catch(() => undefined);
  if (!settle) throw new TypeError('a promise runs its executor at once');
  return { promise, ...settle };
}
