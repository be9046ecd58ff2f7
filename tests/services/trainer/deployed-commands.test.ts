/** What the cluster tells the trainer to do is something that the trainer knows. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

import { PROJECT_DIRECTORY } from '../../helpers/test-server.ts';

const PodSchema = z.object({
  template: z.object({ spec: z.object({ containers: z.tuple([z.looseObject({ args: z.array(z.string()) })]) }) }),
});

function argumentsIn(file: string): readonly string[] {
  const { spec } = z
    .looseObject({ spec: z.looseObject({ jobTemplate: z.object({ spec: z.unknown() }).optional() }) })
    .parse(parse(readFileSync(join(PROJECT_DIRECTORY, 'deploy/k8s/base/trainer', file), 'utf8')));
  return PodSchema.parse(spec.jobTemplate?.spec ?? spec).template.spec.containers[0].args;
}

test.each(['cycle.yaml', 'worker.yaml'])('%s names a command, and options that it has', (file) => {
  const [command, ...options] = argumentsIn(file);

  const help = execFileSync(process.execPath, ['--import', 'tsx', 'services/trainer/main.ts', command!, '--help'], {
    cwd: PROJECT_DIRECTORY,
    encoding: 'utf8',
  });

  const flags = options.filter((option) => option.startsWith('--'));
  expect(help).toMatch(new RegExp(`^trainer ${command}\\b`));
  expect(flags.length).toBeGreaterThan(1);
  expect(flags.filter((flag) => !new RegExp(`^ +${flag} `, 'm').test(help))).toEqual([]);
});
