/** The wheel that libtensorflow may come from is the one we know, or none. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { depsFromWheel, verifyWheel, WHEEL } from '../../scripts/tfjs/wheel.mjs';
import { tempFolder } from './temp-folder.ts';

test('accepts the file with the pinned hash', async () => {
  const wheel = join(tempFolder({ 'a.whl': 'content' }), 'a.whl');

  await expect(verifyWheel(wheel, createHash('sha256').update('content').digest('hex'))).resolves.toBeUndefined();

  expect(existsSync(wheel)).toBe(true);
});

test('refuses a kept download with another hash, names both hashes, and throws the file away unopened', async () => {
  const download = tempFolder({ [WHEEL.file]: 'not a wheel' });
  const found = createHash('sha256').update('not a wheel').digest('hex');

  const unpacking = depsFromWheel('python3', { download, deps: join(download, 'deps') });

  await expect(unpacking).rejects.toMatchObject({
    code: 'wheel_hash_mismatch',
    message: expect.stringMatching(`${found}.*${WHEEL.sha256}`) as string,
  });
  expect(existsSync(join(download, WHEEL.file))).toBe(false);
  expect(existsSync(join(download, 'deps'))).toBe(false);
});
