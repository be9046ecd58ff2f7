/**
 * Runs a command of an image as strict clusters do: on a read-only root file system, as a user without rights or capabilities, as process 1
 * of its own, with what the image says of environment and working folder. Done with `unshare`, so that no container engine is needed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { buildah, mustHold } from './buildah.mjs';
import { imageConfig } from './image.mjs';

/** $1 is the root, $2 the user; what follows are variables and the command. Only /tmp can be written to. */
const SEAL = `
set -e
root=$1; user=$2; folder=$3; shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mount -o remount,ro,bind "$root"
exec chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
  env --ignore-environment --chdir="$folder" "$@"
`;

/**
 * @typedef {object} SealedImage
 * @property {import('./image.mjs').ImageConfig} config
 * @property {(run: SealedRun) => SealedProcess} start
 * @property {() => Promise<void>} remove
 */

/**
 * @typedef {object} SealedRun
 * @property {readonly string[]} [command] - the image's own where absent
 * @property {string} [user] - the image's own where absent
 * @property {Record<string, string>} [env] - over the image's own
 */

/**
 * @typedef {object} SealedProcess
 * @property {Promise<number>} ended - its exit code
 * @property {() => string} output - what it has printed
 * @property {() => void} terminate - as an orchestrator does, with SIGTERM to process 1
 * @property {() => void} kill
 */

/**
 * @param {string} image
 * @returns {Promise<SealedImage>}
 */
export async function unpackImage(image) {
  const config = await imageConfig(image);
  const container = await buildah('from', '--pull-never', image);
  const root = await buildah('mount', container);
  return {
    config,
    start: (run) => start(root, config, run),
    remove: async () => {
      await buildah('rm', container);
    },
  };
}

/**
 * @param {string} root
 * @param {import('./image.mjs').ImageConfig} config
 * @param {SealedRun} run
 * @returns {SealedProcess}
 */
function start(root, config, { command = [...(config.Entrypoint ?? []), ...config.Cmd], user = config.User, env = {} }) {
  const variables = [...config.Env, 'HOME=/tmp', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const inside = ['bash', '-c', SEAL, 'seal', root, user, config.WorkingDir || '/', ...variables, ...command];
  const child = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', ...inside], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (/** @type {Buffer} */ data) => (output += data.toString()));
  const ended = once(child, 'close').then(([code]) => Number(code ?? 1));
  return {
    ended,
    output: () => output,
    terminate: () => process.kill(firstProcess(child.pid), 'SIGTERM'),
    kill: () => child.kill('SIGKILL'),
  };
}

/**
 * The process that sees itself as process 1: the only child of `unshare`.
 *
 * @param {number | undefined} pid - of `unshare`
 */
function firstProcess(pid) {
  mustHold(pid !== undefined, 'unshare could not be started');
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  mustHold(Boolean(child), 'the process has ended already');
  return Number(child);
}
