/** An inbox as a person reads it. */

import { join } from 'node:path';

import Table from 'cli-table3';

import { soundFile, type ClipRecord } from '#shared/feedback/clip-record.ts';
import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

const DAY_MS = 24 * 3600_000;

/** A clip a line, with the file to listen to. */
export function formatInbox(inbox: string, clips: readonly ClipRecord[], nowMs: number): string {
  const table = new Table({
    head: ['kept', 'said', 'keyword', 'model', 'seconds', 'days left', 'clip, to listen to'],
    style: { head: [], border: [], compact: true },
  });
  for (const { clip, kind, keyword, model, startSample, endSample, keptAt, expiresAt } of clips) {
    const seconds = ((endSample - startSample) / SAMPLE_RATE_HZ).toFixed(2);
    const daysLeft = ((Date.parse(expiresAt) - nowMs) / DAY_MS).toFixed(1);
    const said = kind === 'missed' ? 'was missed' : 'was not said';
    table.push([keptAt.slice(0, 16).replace('T', ' '), said, keyword, `${model.name} ${model.version}`, seconds, daysLeft, clip]);
  }
  return `${table.toString()}\n${clips.length} clips in ${join(inbox, soundFile('<clip>'))}\n`;
}
