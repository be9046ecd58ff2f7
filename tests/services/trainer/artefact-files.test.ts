/** What the trainer writes is whole at every moment, whatever the disk does. */

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { MANIFEST_FILE, WEIGHTS_FILE } from '#shared/model/artefact.ts';

import { writeArtefactFiles } from '../../../services/trainer/artefact-files.ts';
import { actionable } from '../../../services/trainer/trainer-error.ts';
import { temporaryFolder } from '../../helpers/recording-files.ts';

const OLD = { manifestJson: 'old manifest', weightsBytes: Buffer.from('old weights') };
const NEW = { manifestJson: 'new manifest', weightsBytes: Buffer.from('new weights') };

test('an artefact of which one file cannot be written leaves the one before whole, and no drafts', async () => {
  const directory = await temporaryFolder();
  await writeArtefactFiles(directory, OLD);
  await mkdir(join(directory, `${MANIFEST_FILE}.tmp`)); // stands where the second draft would be written

  await expect(writeArtefactFiles(directory, NEW)).rejects.toMatchObject({ code: 'EISDIR' });

  expect(await readFile(join(directory, WEIGHTS_FILE), 'utf8')).toBe('old weights');
  expect(await readFile(join(directory, MANIFEST_FILE), 'utf8')).toBe('old manifest');
  expect(await readdir(directory)).not.toContain(`${WEIGHTS_FILE}.tmp`);
});

test.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('a disk that says %s is told as one sentence', (code) => {
  const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code });

  expect(actionable(error)).toMatchObject({ code: 'disk_full', message: expect.stringContaining('no space left') as unknown });
});

test('what is a mistake of ours is none', () => {
  expect(actionable(Object.assign(new Error('a bug'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
});
