/** The parent's side of a contender's process. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import type { ContenderEntry, ReadyMessage, RoundMessage } from './contender.ts';
import { peerPython } from './peer.ts';
import { MODEL_VARIABLE, ROOT } from './subject.ts';

/** One thread each, whatever a library would like; and no chatter. */
const ENVIRONMENT = {
  TF_NUM_INTRAOP_THREADS: '1',
  TF_NUM_INTEROP_THREADS: '1',
  OMP_NUM_THREADS: '1',
  TF_CPP_MIN_LOG_LEVEL: '3',
  TF_ENABLE_ONEDNN_OPTS: '1',
};
/** Node 20 knows relaxed SIMD, but asks for a flag, which later ones have dropped. */
const RELAXED_SIMD = process.versions.v8.startsWith('11.3.') ? ['--experimental-wasm-relaxed-simd'] : [];
const STDERR_LINES_KEPT = 5;

/** A contender that is not there; the table names it and says why. */
export class AbsentError extends Error {}

/** A started contender. */
export class ContenderProcess {
  readonly entry: ContenderEntry;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string, undefined>;
  #errors: string[] = [];

  constructor(entry: ContenderEntry, model: string) {
    this.entry = entry;
    const [command, args] = commandOf(entry);
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...ENVIRONMENT, [MODEL_VARIABLE]: model },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.#errors = [...this.#errors, line].slice(-STDERR_LINES_KEPT);
    });
  }

  /** @throws {AbsentError} if it does not get ready */
  static async start(entry: ContenderEntry, model: string): Promise<{ process: ContenderProcess; ready: ReadyMessage }> {
    const process = new ContenderProcess(entry, model);
    return { process, ready: (await process.#read()) as ReadyMessage };
  }

  async round(roundMs: number): Promise<RoundMessage> {
    this.#child.stdin.write(`round ${roundMs}\n`);
    return (await this.#read()) as RoundMessage;
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  /** The next line that is a message; libraries print others. */
  async #read(): Promise<unknown> {
    for (;;) {
      const line: IteratorResult<string, undefined> = await this.#lines.next();
      if (line.done === true)
        throw new AbsentError(this.#errors.find((line) => line.includes('Error')) ?? this.#errors.at(-1) ?? 'it ended');
      if (line.value.startsWith('{')) return JSON.parse(line.value) as unknown;
    }
  }
}

function commandOf({ name, program }: ContenderEntry): [string, string[]] {
  if (program.type === 'module') return [process.execPath, ['--expose-gc', ...RELAXED_SIMD, '--import', 'tsx', 'bench/child.ts', name]];
  const python = peerPython();
  if (python === undefined) throw new AbsentError('there is no Python environment in bench/peers/venv');
  return [python, [program.script]];
}
