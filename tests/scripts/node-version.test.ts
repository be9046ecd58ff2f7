/** Which versions of Node.js the scripts accept. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assertSupportedNode, isSupportedNode, SUPPORTED_RANGE } from '../../scripts/lib/node-version.mjs';

test.each(['20.19.0', '20.20.2', '21.0.0', '22.12.0', '22.99.1'])('accepts Node.js %s', (version) => {
  expect(isSupportedNode(version)).toBe(true);
});

test.each(['18.20.4', '20.18.9', '20.9.0', '23.0.0', '24.1.0', '100.0.0'])('refuses Node.js %s in one sentence', (version) => {
  expect(() => assertSupportedNode(version)).toThrow(
    expect.objectContaining({ code: 'unsupported_node', message: expect.stringContaining(version) as string }),
  );
});

test('says the same range as package.json', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };

  expect(engines.node).toBe(SUPPORTED_RANGE);
});
