/** Every limit of the stream service: what happens at it, and where an operator sees that it was reached. The table behind `docs/limits.md`. */

import { SETTING_DEFAULTS, SETTINGS, type SettingName } from './settings-table.ts';

/** A row of the table. */
interface LimitRow {
  readonly setting: SettingName;
  /** The `error.code` or `warning.code` that is told, if any is. */
  readonly code?: string;
  readonly reaction: string;
  /** What counts it, as Prometheus shows it. */
  readonly metric: string;
}

const refused = (reason: string): string => `kws_refused_total{reason="${reason}"}`;

/** A limit that ends what reached it with a code, under which it is counted as well. */
function ending(setting: SettingName, code: string, reaction: string): LimitRow {
  return { setting, code, reaction, metric: refused(code) };
}

export const LIMITS: readonly LimitRow[] = [
  { setting: 'MAX_CONNECTIONS', reaction: 'the connection is dropped', metric: refused('too_many_connections') },
  ending('MAX_SESSIONS', 'no_capacity', 'close 1013'),
  ending('MAX_SESSIONS_PER_ADDRESS', 'too_many_sessions', 'close 1013'),
  ending('MAX_MESSAGE_BYTES', 'message_too_big', 'close 1009; a message of twice as much is not even read'),
  { setting: 'MAX_MESSAGE_PARTS', reaction: 'close 1008', metric: refused('too_many_parts') },
  ending('MAX_FRAMES_PER_SECOND', 'too_many_frames', 'close 4429'),
  ending('MAX_JSON_DEPTH', 'json_too_deep', 'close 1007'),
  ending('AUDIO_BURST_MS', 'too_fast', 'close 4429, after a warning at three quarters'),
  ending('AUDIO_MAX_SPEED', 'too_fast', 'close 4429, after a warning'),
  {
    setting: 'MAX_QUEUED_AUDIO_MS',
    reaction: 'the socket waits; if the service is behind, the oldest audio is dropped and `audio_dropped` told',
    metric: 'kws_paused_reads_total',
  },
  ending('MAX_UNSENT_BYTES', 'slow_reader', 'close 1008; from a quarter on posteriors are left out (`posteriors_dropped`)'),
  ending('START_TIMEOUT_MS', 'start_timeout', 'close 4408'),
  ending('IDLE_TIMEOUT_MS', 'idle_timeout', 'close 4408'),
  ending('MAX_SESSION_MS', 'session_expired', '`goaway`, then close 1001'),
  { setting: 'PING_TIMEOUT_MS', reaction: 'the connection is cut off', metric: refused('ping_timeout') },
  ending('MAX_LOAD_PERCENT', 'overloaded', 'close 1013'),
  ending('MAX_LAG_MS', 'overloaded', 'close 1013'),
  ending('MAX_UPLOADS', 'no_capacity', 'status 503'),
  ending('MAX_UPLOAD_BYTES', 'upload_too_large', 'status 413'),
  ending('MAX_UPLOAD_MS', 'upload_too_long', 'status 413'),
  ending('MAX_HEADER_BYTES', 'headers_too_large', 'status 431'),
  ending('HEADERS_TIMEOUT_MS', 'request_timeout', 'status 408'),
  ending('REQUEST_TIMEOUT_MS', 'request_timeout', 'status 408'),
  { setting: 'DRAIN_TIMEOUT_MS', reaction: 'close 1012', metric: 'kws_sessions_ended_total{code="1012"}' },
];

/** The table as Markdown. */
export function limitsMarkdown(): string {
  const rows = LIMITS.map(({ setting, code, reaction, metric }) => {
    const of = `${SETTING_DEFAULTS[setting]} ${SETTINGS[setting].unit}`;
    return `| \`${setting}\` | ${of} | ${code === undefined ? '' : `\`${code}\``} | ${reaction} | \`${metric}\` |`;
  });
  return [
    '# Limits of the stream service',
    '',
    'What may come in, wait or last, what happens beyond it, and what counts that. `settings.md` says more of each. All hold for one process',
    '(`WORKERS`). Every row is reached by a test.',
    '',
    '| setting | default | code | what happens | counted by |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'Fixed, as no client needs more: 64 control messages behind audio that waits (then the socket waits), 5 s to answer a close, as many sockets',
    'that were turned away and have yet to close as `MAX_SESSIONS`, 100,000 events in the answer to an upload (422 `too_many_events`), 100 parts',
    'of a form and 1 KiB in each beside the file, 2 s to look for overdue requests.',
    '',
  ].join('\n');
}
