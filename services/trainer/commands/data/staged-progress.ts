/** A progress bar for work whose length is known only once it has begun. */

import { startProgress, type Progress } from '../../training/progress.ts';

export interface StagedProgress {
  readonly onStart: (total: number) => void;
  readonly onProgress: (done: number) => void;
}

/** The bar ends when all is done. */
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
