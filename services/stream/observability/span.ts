/** What sessions and uploads need of tracing. */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One session or upload, from its beginning to its end. */
export interface Span {
  set(attributes: Attributes): void;
  fail(code: string): void;
  end(): void;
}

export interface Tracing {
  begin(name: string, attributes?: Attributes): Span;
  /** Sends what has not been sent. */
  close(): Promise<void>;
}
