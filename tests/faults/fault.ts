/** What a fault is: something that goes wrong under load, and what must hold then. */

/** One thing that must hold. */
export interface Finding {
  readonly what: string;
  readonly isHeld: boolean;
  /** The figures. */
  readonly seen: string;
}

/** Where a fault says what it finds. */
export interface FaultReport {
  check: (what: string, isHeld: boolean, seen?: string) => void;
  /** How soon after its end nothing of a fault must be left. */
  readonly readyAgainMs: number;
  /** What an operator sees of it: lines of the log, metrics. */
  note: (text: string) => void;
}

export interface Fault {
  readonly name: string;
  readonly describe: string;
  /** Runs with mounts and a network of its own, of nothing but loopback. */
  readonly isAlone?: boolean;
  /** Why it cannot be had here; undefined if it can. */
  readonly obstacle?: () => string | undefined;
  readonly run: (report: FaultReport) => Promise<void>;
}
