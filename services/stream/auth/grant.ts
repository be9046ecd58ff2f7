/** What a client that was let in may do. */

export interface Grant {
  /** Who it is, for logs: never the token itself. */
  readonly subject: string;
  /** Tells this token, or whom it is of, from others, and is not the token; absent without one. */
  readonly tenant?: string | undefined;
  /** Audio faster than real time, instead of what the settings allow. */
  readonly maxSpeed?: number | undefined;
  /** When the grant ends, in ms since 1970. */
  readonly expiresAtMs?: number | undefined;
}

/** Where no token is asked for. */
export const ANYONE: Grant = { subject: 'anyone' };
