/** `trainer keys`: the keys that models are signed with. */

import { publicKeyText, writeKeyPair } from '../publication/signing-keys.ts';
import type { Command } from './command.ts';

interface KeysOptions {
  readonly file: string;
}

/** Makes a key pair. */
const newCommand: Command<KeysOptions> = {
  command: 'new <file>',
  describe: 'make an Ed25519 key pair: the private key in FILE, the public one in FILE.pub',
  builder: (command) =>
    command.positional('file', { type: 'string', demandOption: true, describe: 'where the private key goes; it must not exist' }),
  handler: async ({ file }) => {
    const publicKey = await writeKeyPair(file);
    process.stdout.write(`private key in ${file}, public key in ${file}.pub\nfor the stream service: MODEL_PUBLIC_KEYS=${publicKey}\n`);
  },
};

/** Shows a public key as the stream service takes it. */
const showCommand: Command<KeysOptions> = {
  command: 'show <file>',
  describe: 'show a public key (FILE.pub) as the stream service takes it in MODEL_PUBLIC_KEYS',
  builder: (command) => command.positional('file', { type: 'string', demandOption: true, describe: 'the public key in PEM' }),
  handler: async ({ file }) => {
    process.stdout.write(`${await publicKeyText(file)}\n`);
  },
};

/** The keys that models are signed with. */
export const keysCommand: Command<object> = {
  command: 'keys <action>',
  describe: 'make and show the keys that models are signed with',
  builder: (command) => command.command(newCommand).command(showCommand).demandCommand(1, 'new or show'),
  handler: () => undefined,
};
