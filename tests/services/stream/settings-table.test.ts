/** The table of settings is what the documentation shows. */

import { join } from 'node:path';

import { format } from 'prettier';
import { expect, test } from 'vitest';

import { settingsMarkdown } from '../../../services/stream/settings-table.ts';
import { PROJECT_DIRECTORY } from '../../helpers/test-server.ts';

test('docs/settings.md is the table of settings (npx vitest run --update writes it)', async () => {
  const markdown = await format(settingsMarkdown(), { parser: 'markdown' });

  await expect(markdown).toMatchFileSnapshot(join(PROJECT_DIRECTORY, 'docs', 'settings.md'));
});
