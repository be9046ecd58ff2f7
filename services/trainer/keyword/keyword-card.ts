/** The card of a model with a new keyword. */

import type { Manifest } from '#shared/model/manifest.ts';

import { figuresTable, warningsOf, type AddedKeyword } from './added-keyword.ts';

/** What the model is, what it was measured at, and what to beware of. */
export function keywordCard({ name, version, keywords }: Manifest, base: Manifest, added: AddedKeyword): string {
  const warnings = warningsOf(added);
  return [
    `# \`${name}\` ${version}`,
    `Adds *${added.keyword.replaceAll('_', ' ')}* to \`${base.name}\` ${base.version}. Keywords: ${keywords.join(', ')}.`,
    '## Figures',
    figuresTable(added),
    'Measured on recordings that the model of their round did not learn from, spliced into speech of readers that no training heard, at the ' +
      'threshold that other held-back recordings gave. The model here is that of the first round.',
    '## Beware',
    warnings.length === 0 ? 'Nothing stands out.' : warnings.map((warning) => `- ${warning}`).join('\n'),
    '',
  ].join('\n\n');
}
