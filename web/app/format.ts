/** How times, scores and labels are written on the page. */

import { SILENCE_LABEL, UNKNOWN_LABEL } from '#shared/model/manifest.ts';

/** A time into a stream as `mm:ss.mmm`; minutes go on beyond an hour. */
export function formatTime(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
  return `${pad(Math.floor(whole / 60_000), 2)}:${pad(Math.floor(whole / 1000) % 60, 2)}.${pad(whole % 1000, 3)}`;
}

/** A probability as a whole percentage; 0 % and 100 % are for certainty only. */
export function formatPercent(probability: number): string {
  const percent = Math.round(probability * 100);
  if (percent === 0 && probability > 0) return '< 1 %';
  return `${percent === 100 && probability < 1 ? 99 : percent} %`;
}

/** A label in words; keywords are their own, such as “smart mirror” for `smart_mirror`. */
export function labelText(label: string): string {
  if (label === UNKNOWN_LABEL) return 'another word';
  if (label === SILENCE_LABEL) return 'no speech';
  return label.replaceAll('_', ' ');
}
