/** Why a WebSocket was closed: the protocol's close codes by name. */

export const CLOSE_CODE = {
  done: 1000,
  goingAway: 1001,
  wrongFrame: 1003,
  malformed: 1007,
  notAllowed: 1008,
  tooBig: 1009,
  internal: 1011,
  restarting: 1012,
  noCapacity: 1013,
  badRequest: 4400,
  idle: 4408,
  tooFast: 4429,
} as const;

export type CloseCode = (typeof CLOSE_CODE)[keyof typeof CLOSE_CODE];
