/** The learning rate over a training: linear warm-up, then half a cosine to zero (Loshchilov and Hutter, 2017). */

export interface Schedule {
  readonly peak: number;
  readonly warmUpSteps: number;
  readonly totalSteps: number;
}

/** The learning rate of step `step`, counted from 0. */
export function learningRateAt(step: number, { peak, warmUpSteps, totalSteps }: Schedule): number {
  if (step < warmUpSteps) return (peak * (step + 1)) / warmUpSteps;
  const progress = Math.min(1, (step - warmUpSteps) / Math.max(1, totalSteps - warmUpSteps));
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
}
