/** `trainer data review …`: what clients say was heard wrong, into the data set or away. */

import { join } from 'node:path';

import { INBOX_FOLDER } from '../../corpus/feedback/inbox-clips.ts';
import type { ReviewPlace } from '../../corpus/feedback/review.ts';
import type { Command } from '../command.ts';

interface PlaceOptions {
  readonly data: string;
  readonly inbox: string | undefined;
}

interface ClipsOptions extends PlaceOptions {
  readonly clips: readonly string[];
}

interface AcceptOptions extends ClipsOptions {
  readonly label: string | undefined;
  readonly 'start-ms': number | undefined;
}

const INBOX_OPTION = {
  type: 'string',
  describe: 'folder of FEEDBACK_INBOX of the stream services',
  defaultDescription: `<data>/${INBOX_FOLDER}`,
} as const;
const DATA_OPTION = { type: 'string', demandOption: true, describe: 'folder that holds speech_commands/ or other sets' } as const;
const CLIPS_OPTION = { type: 'string', array: true, demandOption: true, describe: 'as `list` shows them' } as const;

/** The commands of a review. */
export const reviewCommand: Command<object> = {
  command: 'review <command>',
  describe: 'clips that clients sent feedback on: list, accept into the data set, drop, forget a session',
  builder: (command) =>
    command
      .command(listCommand())
      .command(acceptCommand())
      .command(dropCommand())
      .command(forgetCommand())
      .demandCommand(1, 'name a command'),
  handler: () => undefined,
};

function listCommand(): Command<PlaceOptions & { readonly paths: boolean }> {
  return {
    command: 'list <data>',
    describe: 'what waits in the inbox; what may not be kept any longer is removed',
    builder: (command) =>
      command
        .positional('data', DATA_OPTION)
        .option('inbox', INBOX_OPTION)
        .option('paths', { type: 'boolean', default: false, describe: 'the files alone, for a player' }),
    handler: async ({ paths, ...options }) => {
      const [{ listInbox }, { formatInbox }, { soundFile }] = await Promise.all([
        import('../../corpus/feedback/inbox-clips.ts'),
        import('../../corpus/feedback/format-inbox.ts'),
        import('#shared/feedback/clip-record.ts'),
      ]);
      const { inbox, nowMs } = placeOf(options);
      const clips = await listInbox(inbox, nowMs);
      const files = clips.map(({ clip }) => `${join(inbox, soundFile(clip))}\n`).join('');
      process.stdout.write(paths ? files : formatInbox(inbox, clips, nowMs));
    },
  };
}

function acceptCommand(): Command<AcceptOptions> {
  return {
    command: 'accept <data> <clips..>',
    describe: 'take clips into <data>/feedback, a second around the word of each; the next `data lock` holds them',
    builder: (command) =>
      command
        .positional('data', DATA_OPTION)
        .positional('clips', CLIPS_OPTION)
        .option('inbox', INBOX_OPTION)
        .option('label', { type: 'string', describe: 'what is said', defaultDescription: 'the keyword that was missed, or `other`' })
        .option('start-ms', { type: 'number', describe: 'where the second begins', defaultDescription: 'around the word' }),
    handler: async ({ clips, label, 'start-ms': startMs, ...options }) => {
      const { acceptClips } = await import('../../corpus/feedback/review.ts');
      for (const { clip, path } of await acceptClips(placeOf(options), clips, { label, startMs }))
        process.stdout.write(`${clip} is ${path}\n`);
    },
  };
}

function dropCommand(): Command<ClipsOptions> {
  return {
    command: 'drop <data> <clips..>',
    describe: 'remove clips',
    builder: (command) => command.positional('data', DATA_OPTION).positional('clips', CLIPS_OPTION).option('inbox', INBOX_OPTION),
    handler: async ({ clips, ...options }) => {
      const { dropClips } = await import('../../corpus/feedback/review.ts');
      await dropClips(placeOf(options), clips);
      process.stdout.write(`${clips.length} dropped\n`);
    },
  };
}

function forgetCommand(): Command<PlaceOptions & { readonly session: string }> {
  return {
    command: 'forget <data> <session>',
    describe: 'remove all clips of a session, from the inbox and from the data set',
    builder: (command) =>
      command
        .positional('data', DATA_OPTION)
        .positional('session', { type: 'string', demandOption: true, describe: 'its id: what stands before the dot of a clip' })
        .option('inbox', INBOX_OPTION),
    handler: async ({ session, ...options }) => {
      const { forgetSession } = await import('../../corpus/feedback/review.ts');
      process.stdout.write(`${await forgetSession(placeOf(options), session)} clips removed; lock the data set again if it held some\n`);
    },
  };
}

function placeOf({ data, inbox }: PlaceOptions): ReviewPlace {
  return { data, inbox: inbox ?? join(data, INBOX_FOLDER), nowMs: Date.now() };
}
