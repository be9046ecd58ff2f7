/** The curves of a training, from the metrics that its run left. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

/** One line of a run's `metrics.jsonl`, as far as the curves need it. */
const EpochSchema = z.object({ epoch: z.number(), loss: z.number(), accuracy: z.number().optional(), validationAccuracy: z.number() });
export type Epoch = z.infer<typeof EpochSchema>;

/** The epochs of the training, where it left its metrics beside the model. */
export async function readEpochs(directory: string): Promise<Epoch[]> {
  const text = await readFile(join(directory, 'metrics.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const { data } = EpochSchema.safeParse(JSON.parse(line));
      return data ? [data] : [];
    });
}
