/** Brings the alternatives into `bench/peers`, where nothing of the product looks. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { PEERS, peerPython } from './peer.ts';

/** Installs what is missing; what cannot be installed is named absent in the table. */
export function installPeers(say: (message: string) => void): void {
  if (!existsSync(join(PEERS, 'node_modules/onnxruntime-node'))) {
    say('installing the npm packages of bench/peers');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  if (peerPython() !== undefined || spawnSync('python3', ['--version']).status !== 0) return;
  say('installing openWakeWord into bench/peers/venv');
  run('python3', ['-m', 'venv', 'venv']);
  run('venv/bin/pip', ['install', '--quiet', '--requirement', 'requirements.txt']);
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { cwd: PEERS, stdio: ['ignore', 'ignore', 'inherit'] });
}
