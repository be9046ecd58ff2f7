/** An evaluation as Markdown: for a terminal, a model card, a review. */

import type { AccuracyReport } from '../clip-accuracy.ts';
import type { Evaluation, Mistake } from '../evaluate.ts';
import type { Reliability } from '../reliability.ts';
import type { KeywordReport, OtherWordsSummary, SpeechKnowledge, StreamingReport } from '../streaming-report.ts';

/** How many of the labels a clip was taken for are named. */
const CONFUSIONS_NAMED = 3;

/** The whole evaluation, without pictures. */
export function markdownReport(evaluation: Evaluation): string {
  const { model, split, allLabels, official12, reliability, streaming, mistakes } = evaluation;
  const parts = [
    `# ${model.name} ${model.version}, ${split} split\n\nWeights \`${model.digest.slice(0, 12)}\`. Production kernel and detector.\n`,
    accuracySection(`All ${allLabels.perLabel.length} labels`, allLabels),
    ...(official12 ? [accuracySection('Official 12-class test set', official12)] : []),
    reliabilitySection(reliability),
    ...(streaming ? [streamingSection(streaming)] : []),
    mistakesSection(mistakes),
  ];
  return parts.join('\n');
}

function accuracySection(title: string, report: AccuracyReport): string {
  const rows = report.perLabel
    .filter(({ clips }) => clips > 0)
    .map(({ label, clips, precision, recall }) => [label, clips, percent(precision), percent(recall), takenFor(label, report)]);
  return section(
    `${title}: ${percent(report.accuracy, 2)} of ${report.clips} clips`,
    table(['label', 'clips', 'precision', 'recall', 'taken most often for'], rows),
  );
}

/** The labels that clips of this label were most often taken for, with counts. */
function takenFor(label: string, { perLabel, confusion }: AccuracyReport): string {
  const row = confusion[perLabel.findIndex((figures) => figures.label === label)]!;
  return row
    .map((errors, i) => ({ errors, label: perLabel[i]!.label }))
    .filter((other) => other.label !== label && other.errors > 0)
    .sort((a, b) => b.errors - a.errors)
    .slice(0, CONFUSIONS_NAMED)
    .map((other) => `${other.label} ${other.errors}`)
    .join(', ');
}

function reliabilitySection({ expectedCalibrationError, bins }: Reliability): string {
  const rows = bins
    .filter(({ clips }) => clips > 0)
    .map(({ low, high, clips, confidence, accuracy }) => [
      `${low.toFixed(2)}–${high.toFixed(2)}`,
      clips,
      percent(confidence),
      percent(accuracy),
    ]);
  return section(
    `Calibration: expected calibration error ${percent(expectedCalibrationError)}`,
    table(['top posterior', 'clips', 'mean posterior', 'right'], rows),
  );
}

function streamingSection(report: StreamingReport): string {
  const { conditions, distinctSpeechHours, keywords, falseRejectRate, falseAcceptsPerHour, latencyMedianMs, latencyP95Ms } = report;
  const lines = [
    `Words spliced into continuous speech (${report.split} split), heard ${conditions.join(', ')}; false accepts on up to ` +
      `${distinctSpeechHours.toFixed(2)} h of speech without the keyword, under each of these conditions.`,
    `Mean share of words missed ${percent(falseRejectRate)}; all keywords together ${falseAcceptsPerHour.toFixed(1)} false accepts an hour; ` +
      `from the end of a word to its event ${milliseconds(latencyMedianMs)} at the median, ${milliseconds(latencyP95Ms)} for 95 %.`,
    knowledgeSentence(report.transcripts),
    ...(report.otherWords ? [otherWordsSentence(report.otherWords)] : []),
    table(
      [
        'keyword',
        'threshold',
        'patience',
        'FRR',
        ...conditions.map((name) => `FRR ${name}`),
        'FA/h',
        ...(report.otherWords ? ['FA/h other words'] : []),
        'latency 50 / 95 %',
        ...budgetTitles(keywords),
      ],
      keywords.map(keywordRow),
    ),
  ];
  return section('Streaming', lines.join('\n\n'));
}

/** What a reader has to know of the speech that false accepts are counted on. */
export function knowledgeSentence({ hasAny, untranscribedHours, falseAcceptsThere }: SpeechKnowledge): string {
  if (!hasAny) return 'Nobody has written down what is said in this speech: words that are really said there count as false accepts.';
  return (
    'Utterances whose transcript holds a keyword do not count for it; those without a transcript count only for keywords that no transcript ' +
    `holds: ${untranscribedHours.toFixed(2)} h at most over all conditions, with ${falseAcceptsThere} of the false accepts.`
  );
}

/** What a reader has to know of the other words, and what all keywords together make of them. */
export function otherWordsSentence({ words, distinctHours, falseAccepts, falseAcceptsPerHour }: OtherWordsSummary): string {
  return (
    `Other words, counted apart: ${words} held-back clips of words that are no keywords, one after the other for ${distinctHours.toFixed(2)} h, ` +
    `under each of these conditions. All keywords together ${falseAccepts} false accepts, ${falseAcceptsPerHour.toFixed(1)} an hour.`
  );
}

function budgetTitles(keywords: readonly KeywordReport[]): string[] {
  return keywords[0]?.atBudget.map(({ falseAcceptsPerHour }) => `FRR at ≤ ${falseAcceptsPerHour} FA/h`) ?? [];
}

function keywordRow({ keyword, setting, all, perCondition, atBudget }: KeywordReport): (string | number)[] {
  return [
    keyword,
    setting.threshold.toFixed(3),
    setting.patience,
    percent(all.falseRejectRate),
    ...perCondition.map(({ falseRejectRate }) => percent(falseRejectRate)),
    all.falseAcceptsPerHour.toFixed(2),
    ...(all.otherWords.hours > 0 ? [all.otherWords.falseAcceptsPerHour.toFixed(2)] : []),
    `${milliseconds(all.latencyMedianMs)} / ${milliseconds(all.latencyP95Ms)}`,
    ...atBudget.map(({ falseRejectRate }) => (falseRejectRate === undefined ? '–' : percent(falseRejectRate))),
  ];
}

function mistakesSection(mistakes: readonly Mistake[]): string {
  const rows = mistakes.map(({ clip, truth, predicted, probability }) => [`\`${clip}\``, truth, predicted, percent(probability)]);
  return section('The mistakes it was surest of', table(['clip', 'is', 'taken for', 'posterior'], rows));
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body}\n`;
}

function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value.toFixed(0)} ms`;
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}
