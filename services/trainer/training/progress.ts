/** What a person sees while a command works: a bar on a terminal, a line now and then elsewhere. */

import { Presets, SingleBar } from 'cli-progress';

const LOG_EVERY_MS = 30_000;

/** Reports one stage of known length. */
export interface Progress {
  update(done: number, fields: Readonly<Record<string, string>>): void;
  stop(): void;
}

/** Starts a stage. `fields` are shown behind the bar as `name value`. */
export function startProgress(stage: string, total: number, fields: readonly string[] = []): Progress {
  return process.stderr.isTTY ? terminalBar(stage, total, fields) : plainLines(stage, total);
}

/** A bar for work whose length is known only once it has begun. */
export interface StagedProgress {
  readonly onStart: (total: number) => void;
  readonly onProgress: (done: number) => void;
}

/** Starts a stage that ends when all is done. */
export function stagedProgress(stage: string): StagedProgress {
  let bar: Progress | undefined;
  let last = 0;
  return {
    onStart: (total) => {
      last = total;
      bar = startProgress(stage, total);
    },
    onProgress: (done) => {
      bar?.update(done, {});
      if (done >= last) bar?.stop();
    },
  };
}

function terminalBar(stage: string, total: number, fields: readonly string[]): Progress {
  const shown = fields.map((field) => `${field} {${field}}`).join('  ');
  const bar = new SingleBar(
    { format: `${stage} {bar} {value}/{total}  ${shown}  ETA {eta_formatted}`, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  bar.start(total, 0, Object.fromEntries(fields.map((field) => [field, '–'])));
  return {
    update(done, values) {
      bar.update(done, values);
    },
    stop() {
      bar.stop();
    },
  };
}

function plainLines(stage: string, total: number): Progress {
  const startedMs = Date.now();
  let reportedMs = startedMs;
  return {
    update(done, values) {
      const nowMs = Date.now();
      if (nowMs - reportedMs < LOG_EVERY_MS) return;
      reportedMs = nowMs;
      const etaSeconds = Math.round(((nowMs - startedMs) / done / 1000) * (total - done));
      const shown = Object.entries(values).map(([name, value]) => `${name} ${value}`);
      process.stderr.write(`${stage} ${done}/${total}  ${shown.join('  ')}  ETA ${etaSeconds} s\n`);
    },
    stop: () => undefined,
  };
}
