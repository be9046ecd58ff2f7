/** What may be sent when: a session is *awaiting start → streaming → finishing → closed*, and only forward. */

import { ProtocolError } from './protocol-error.ts';

export type SessionPhase = 'awaiting-start' | 'streaming' | 'finishing' | 'closed';

/** What a client may send; `audio` is a binary frame. */
export type ClientFrame = 'start' | 'configure' | 'feedback' | 'stop' | 'audio';

/**
 * Says whether a frame is to be acted on in this phase. What still arrives once a session is finishing is dropped: it was sent before
 * the client could know.
 *
 * @throws {ProtocolError} `start_expected`, `audio_before_start`, `already_started`
 */
export function accepts(phase: SessionPhase, frame: ClientFrame): boolean {
  if (phase === 'finishing' || phase === 'closed') return false;
  if (phase === 'streaming' && frame === 'start')
    throw new ProtocolError('already_started', 'the stream has started; change it by configure');
  if (phase === 'awaiting-start' && frame === 'audio') {
    throw new ProtocolError('audio_before_start', 'audio came before the start message that says how to read it');
  }
  if (phase === 'awaiting-start' && frame !== 'start') {
    throw new ProtocolError('start_expected', `the first message must be start, not ${frame}`);
  }
  return true;
}
