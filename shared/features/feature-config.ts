/** What a model's features are: every convention of the MFCC is data, stored in the model's manifest. */

import { z } from 'zod';

/** The one rate inside the pipeline, in Hz; every other rate is resampled at the door. */
export const SAMPLE_RATE_HZ = 16_000;

/**
 * Parameters of the MFCC. Samples in [-1, 1] are multiplied by `inputScale` before the spectrum.
 *
 * `filterbank` names the conventions of the triangular mel bands:
 * - `scale`: `htk` is 2595·log10(1 + f/700); `slaney` is linear below 1 kHz and logarithmic above (Auditory Toolbox, 1998)
 * - `area`: `none` leaves peaks at 1, `slaney` divides each band by its width in Hz (as librosa's `norm="slaney"`)
 * - `edges`: `exact` places the triangle's corners between bins, `bin` rounds them down to bins (as meyda does)
 *
 * `logarithm`: `log1p` is ln(1 + x); `log` is ln(max(x, 1e-10)); `db` is 10·log10(max(x, 1e-10)).
 * `dct`: `orthonormal` scales DCT-II rows to unit length (librosa, SciPy `norm="ortho"`), `unscaled` is 2·Σ (meyda,
 * SciPy `norm=None`), `none` keeps the log-mel bands as they are.
 */
export const FeatureConfigSchema = z
  .strictObject({
    kind: z.literal('mfcc'),
    sampleRateHz: z.literal(SAMPLE_RATE_HZ),
    frameSamples: z.literal(512),
    hopSamples: z.int().min(80).max(512),
    windowFunction: z.enum(['hann_periodic', 'hann_symmetric']),
    inputScale: z.number().positive().max(65_536),
    spectrum: z.enum(['power', 'magnitude']),
    melBands: z.int().min(8).max(128),
    filterbank: z.strictObject({
      scale: z.enum(['htk', 'slaney']),
      area: z.enum(['none', 'slaney']),
      edges: z.enum(['exact', 'bin']),
      lowHz: z.number().min(0),
      highHz: z.number().max(SAMPLE_RATE_HZ / 2),
    }),
    logarithm: z.enum(['log1p', 'log', 'db']),
    dct: z.enum(['orthonormal', 'unscaled', 'none']),
    coefficients: z.int().min(8).max(128),
  })
  .refine(({ coefficients, melBands }) => coefficients <= melBands, 'coefficients cannot exceed melBands')
  .refine(
    ({ dct, coefficients, melBands }) => dct !== 'none' || coefficients === melBands,
    'without a DCT there are as many coefficients as melBands',
  )
  .refine(({ filterbank }) => filterbank.lowHz < filterbank.highHz, 'filterbank.lowHz must lie below highHz');

export type FeatureConfig = z.infer<typeof FeatureConfigSchema>;

/** The features of the models we ship: 40 coefficients every 10 ms. */
export const DEFAULT_FEATURES: FeatureConfig = {
  kind: 'mfcc',
  sampleRateHz: SAMPLE_RATE_HZ,
  frameSamples: 512,
  hopSamples: 160,
  windowFunction: 'hann_periodic',
  inputScale: 32_768,
  spectrum: 'power',
  melBands: 40,
  filterbank: { scale: 'htk', area: 'none', edges: 'exact', lowHz: 20, highHz: 7600 },
  logarithm: 'log1p',
  dct: 'orthonormal',
  coefficients: 40,
};

/** How many whole frames lie in a stretch of samples; no padding. */
export function framesIn(samples: number, { frameSamples, hopSamples }: FeatureConfig): number {
  return samples < frameSamples ? 0 : Math.floor((samples - frameSamples) / hopSamples) + 1;
}

/** How many samples a run of consecutive frames spans. */
export function samplesOf(frames: number, { frameSamples, hopSamples }: FeatureConfig): number {
  return (frames - 1) * hopSamples + frameSamples;
}
