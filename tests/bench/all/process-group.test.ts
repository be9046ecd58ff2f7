/** Benchmarks run in process groups of their own: whoever ends the campaign ends them, too. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { ROOT } from '../../../scripts/lib/paths.mjs';

/** A child with a child of its own, which holds the output open for as long as it lives. */
const CAMPAIGN = `
  import { spawn } from 'node:child_process';
  import { watchGroup } from './bench/all/process-group.ts';
  const child = spawn('sh', ['-c', 'sh -c "echo begun; exec sleep 30"; echo slept'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const watch = watchGroup(child.pid, Number(process.env.LIMIT_MS));
  child.once('close', () => console.log(watch.stop() ? 'late' : 'in time'));
`;

test.each(['SIGINT', 'SIGTERM'] as const)('a campaign that gets %s ends the benchmark that runs, with its children', async (signal) => {
  const { campaign, told, ended } = begin(60_000);
  await once(campaign.stdout, 'data');
  campaign.kill(signal);
  await ended;
  expect(told()).toBe('begun\nin time\n');
});

test('a benchmark whose time is over is ended with its children', async () => {
  const { told, ended } = begin(1_000);
  await ended;
  expect(told()).toBe('begun\nlate\n');
});

function begin(limitMs: number) {
  const campaign = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', CAMPAIGN], {
    cwd: ROOT,
    env: { ...process.env, LIMIT_MS: String(limitMs) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  campaign.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { campaign, told: () => text, ended: once(campaign, 'close') };
}
