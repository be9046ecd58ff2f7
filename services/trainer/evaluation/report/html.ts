/** An evaluation as one HTML file with its charts inside: nothing is loaded from anywhere. */

import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

import type { AccuracyReport } from '../clip-accuracy.ts';
import { THRESHOLDS } from '../operating-points.ts';
import type { Evaluation, Mistake } from '../evaluate.ts';
import type { StreamingReport } from '../streaming-report.ts';
import {
  confusionMatrix,
  detCurve,
  latencyHistogram,
  missesAgainstNoise,
  missesByCondition,
  reliabilityDiagram,
  trainingCurves,
} from './charts.ts';
import type { Epoch } from './epochs.ts';
import { knowledgeSentence, otherWordsSentence } from './markdown.ts';

type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; color: #2b2f36; background: #f4f5f7; margin: 0 auto; max-width: 1100px; padding: 24px; }
  section { background: #fff; border: 1px solid #dfe2e6; border-radius: 8px; padding: 16px 24px; margin: 16px 0; overflow-x: auto; }
  h1 { margin: 0 0 4px; } h2 { margin: 4px 0 12px; font-size: 1.2rem; } p { max-width: 75ch; }
  .figures { display: flex; flex-wrap: wrap; gap: 16px; } .figures div { background: #fff; border: 1px solid #dfe2e6; border-radius: 8px; padding: 12px 20px; }
  .figures b { display: block; font-size: 1.5rem; } .small { display: flex; flex-wrap: wrap; gap: 4px; }
  table { border-collapse: collapse; font-size: 0.9rem; } th, td { padding: 3px 12px; text-align: right; border-bottom: 1px solid #eceef1; }
  th:first-child, td:first-child, td.text { text-align: left; } code { font-size: 0.85rem; }
`;

/** @param epochs - of the training; none: no curves */
export async function htmlReport(evaluation: Evaluation, epochs: readonly Epoch[]): Promise<string> {
  const { model, split, allLabels, reliability, streaming, mistakes } = evaluation;
  const title = `${model.name} ${model.version}, ${split} split`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        <p>Production kernel and detector, weights <code>${model.digest.slice(0, 12)}</code>.</p>
        ${headline(evaluation)} ${epochs.length > 0 ? section('Training', raw(trainingCurves(epochs))) : ''}
        ${section(
          'Confusions',
          html`<p>Rows: what was said. Columns: what was heard. Numbers are clips.</p>
            ${raw(confusionMatrix(allLabels))}`,
        )}
        ${section('Labels', labelTable(allLabels))}
        ${section(
          'Calibration',
          html`<p>Expected calibration error ${percent(reliability.expectedCalibrationError)}.</p>
            ${raw(reliabilityDiagram(reliability))}`,
        )}
        ${streaming ? streamingSections(streaming) : ''} ${section('The mistakes it was surest of', mistakeTable(mistakes))}
      </body>
    </html> `;
  return (await page).toString();
}

function headline({ allLabels, official12, reliability, streaming }: Evaluation): Markup {
  const figures: [string, string][] = [
    [percent(allLabels.accuracy, 2), `of ${allLabels.clips} clips`],
    ...(official12 ? [[percent(official12.accuracy, 2), `of the official ${official12.clips}, 12 classes`] as [string, string]] : []),
    ...(streaming
      ? ([
          [percent(streaming.falseRejectRate), 'of the words in streams missed'],
          [streaming.falseAcceptsPerHour.toFixed(1), 'false accepts an hour, all keywords'],
          ...(streaming.otherWords
            ? [[streaming.otherWords.falseAcceptsPerHour.toFixed(1), 'an hour on other words one by one'] satisfies [string, string]]
            : []),
          [`${ms(streaming.latencyMedianMs)} / ${ms(streaming.latencyP95Ms)} ms`, 'after the word, median / 95 %'],
        ] satisfies [string, string][])
      : [[percent(reliability.expectedCalibrationError), 'calibration error'] as [string, string]]),
  ];
  return html`<div class="figures">${figures.map(([figure, of]) => html`<div><b>${figure}</b>${of}</div>`)}</div>`;
}

function streamingSections(streaming: StreamingReport): Markup {
  const { conditions, distinctSpeechHours, keywords, otherWords } = streaming;
  return html`
    ${section(
      'Streams: words missed against noise',
      html`<p>
          Words of the split spliced into continuous speech of readers that no training heard, at the model's operating points. The same
          words and speech under each condition.
        </p>
        ${raw(missesAgainstNoise(streaming))} ${raw(missesByCondition(streaming))}`,
    )}
    ${section(
      'Streams: words missed against false accepts',
      html`<p>
          False accepts on up to ${distinctSpeechHours.toFixed(2)} hours of speech without the keyword, heard ${conditions.join(', ')}. The
          curve is the threshold from ${THRESHOLDS[0]} to ${THRESHOLDS.at(-1)}, the dot the operating point.
          ${knowledgeSentence(streaming.transcripts)}
        </p>
        ${otherWords ? html`<p>${otherWordsSentence(otherWords)} They are the dashed curves.</p>` : ''}
        <div class="small">${keywords.map((keyword) => raw(detCurve(keyword)))}</div>`,
    )}
    ${section('Streams: latency', raw(latencyHistogram(streaming)))} ${section('Streams: figures', keywordTable(streaming))}
  `;
}

function keywordTable({ keywords, otherWords }: StreamingReport): Markup {
  const budgets = keywords[0]?.atBudget ?? [];
  return html`<table>
    <tr>
      <th>keyword</th>
      <th>threshold</th>
      <th>patience</th>
      <th>words</th>
      <th>missed</th>
      <th>FA/h</th>
      ${otherWords ? html`<th>FA/h other words</th>` : ''}
      <th>median ms</th>
      <th>95 % ms</th>
      ${budgets.map(({ falseAcceptsPerHour }) => html`<th>missed at ≤ ${falseAcceptsPerHour} FA/h</th>`)}
    </tr>
    ${keywords.map(
      ({ keyword, setting, all, atBudget }) =>
        html`<tr>
          <td>${keyword}</td>
          <td>${setting.threshold.toFixed(3)}</td>
          <td>${setting.patience}</td>
          <td>${all.words}</td>
          <td>${percent(all.falseRejectRate)}</td>
          <td>${all.falseAcceptsPerHour.toFixed(2)}</td>
          ${otherWords ? html`<td>${all.otherWords.falseAcceptsPerHour.toFixed(2)}</td>` : ''}
          <td>${ms(all.latencyMedianMs)}</td>
          <td>${ms(all.latencyP95Ms)}</td>
          ${atBudget.map(({ falseRejectRate }) => html`<td>${falseRejectRate === undefined ? '–' : percent(falseRejectRate)}</td>`)}
        </tr>`,
    )}
  </table>`;
}

function labelTable({ perLabel }: AccuracyReport): Markup {
  return html`<table>
    <tr>
      <th>label</th>
      <th>clips</th>
      <th>precision</th>
      <th>recall</th>
    </tr>
    ${perLabel
      .filter(({ clips }) => clips > 0)
      .map(
        ({ label, clips, precision, recall }) =>
          html`<tr>
            <td>${label}</td>
            <td>${clips}</td>
            <td>${percent(precision)}</td>
            <td>${percent(recall)}</td>
          </tr>`,
      )}
  </table>`;
}

function mistakeTable(mistakes: readonly Mistake[]): Markup {
  return html`<table>
    <tr>
      <th>clip</th>
      <th>is</th>
      <th>taken for</th>
      <th>posterior</th>
    </tr>
    ${mistakes.map(
      ({ clip, truth, predicted, probability }) =>
        html`<tr>
          <td><code>${clip}</code></td>
          <td class="text">${truth}</td>
          <td class="text">${predicted}</td>
          <td>${percent(probability)}</td>
        </tr>`,
    )}
  </table>`;
}

function section(title: string, body: Markup): Markup {
  return html`<section>
    <h2>${title}</h2>
    ${body}
  </section>`;
}

function ms(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(0);
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}
