/** An alignment as a person reads it: a line a word, and what to listen to. */

import Table from 'cli-table3';

import { SAMPLE_RATE_HZ } from '#shared/features/feature-config.ts';

import type { AlignedClip, Alignment } from './align.ts';

/** A word that loses more of its energy than this is named. */
const CUT_SHARE = 0.02;
const NAMED_CLIPS = 10;

export function formatAlignment({ clips, silent }: Alignment): string {
  const table = new Table({
    head: ['word', 'clips', 'training', 'validation', 'test', 'word length, s (5 %, median, 95 %)', 'cut', 'found by a model'],
    style: { head: [], border: [] },
  });
  for (const word of [...new Set(clips.map((clip) => clip.word))])
    table.push(
      rowOf(
        word,
        clips.filter((clip) => clip.word === word),
      ),
    );
  const cut = clips.filter(isCut).sort((a, b) => a.energyKept - b.energyKept);
  const named = cut.slice(0, NAMED_CLIPS).map((clip) => `  ${clip.word}/${clip.source}: ${percent(clip.energyKept)} of its energy kept`);
  const notes = [
    cut.length === 0 ? 'no word lost more than 2 % of its energy' : `words longer than the window, by what was lost:\n${named.join('\n')}`,
    ...(silent.length === 0 ? [] : [`nothing stands out in ${silent.join(', ')}`]),
  ];
  return `${table.toString()}\n${notes.join('\n')}\n`;
}

function rowOf(word: string, clips: readonly AlignedClip[]): (string | number)[] {
  const lengths = clips.map(({ wordSamples }) => wordSamples / SAMPLE_RATE_HZ).sort((a, b) => a - b);
  const at = (share: number): string => lengths[Math.floor(share * lengths.length)]!.toFixed(2);
  const inSplit = (split: AlignedClip['split']): number => clips.filter((clip) => clip.split === split).length;
  return [
    word,
    clips.length,
    inSplit('training'),
    inSplit('validation'),
    inSplit('test'),
    `${at(0.05)} ${at(0.5)} ${at(0.95)}`,
    clips.filter(isCut).length,
    clips.filter(({ foundBy }) => foundBy === 'model').length,
  ];
}

function isCut({ energyKept }: AlignedClip): boolean {
  return energyKept < 1 - CUT_SHARE;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
