/** What the page says in each phase of listening. */

import { assertNever } from '#shared/assert-never.ts';
import type { Listening } from '../stream/reducer.ts';
import { STREAM_ERROR_CODE } from '#shared/client/stream-error.ts';
import { labelText } from './format.ts';

export interface PhaseText {
  /** Of the microphone button. */
  readonly action: string;
  /** One sentence below it. */
  readonly sentence: string;
  /** Whether the sentence is about something that went wrong. */
  readonly isProblem: boolean;
  /** What stands where the heard word will be. */
  readonly prompt: string;
}

const LOST_PROMPTS: Readonly<Record<string, string>> = {
  [STREAM_ERROR_CODE.lost]: 'Connection lost',
  [STREAM_ERROR_CODE.unreachable]: 'No server',
  microphone_lost: 'Microphone lost',
  engine_not_built: 'No model here',
  engine_unreachable: 'No model here',
};

const calm = (action: string, sentence: string, prompt: string): PhaseText => ({ action, sentence, prompt, isProblem: false });

export interface PhaseContext {
  /** A keyword that the model knows, if it is known. */
  readonly example: string | undefined;
  readonly engine: 'server' | 'device';
  /** Whether the browser holds the sound back. */
  readonly isPaused: boolean;
}

/** The texts of a phase. */
export function phaseText(listening: Listening, { example: keyword, engine, isPaused }: PhaseContext): PhaseText {
  const example = keyword === undefined ? undefined : labelText(keyword);
  switch (listening.phase) {
    case 'idle':
      return calm(
        'Start listening',
        `Press the microphone, allow its use, and say ${example ? `a word such as “${example}”` : 'a word'}.`,
        'Press and speak',
      );
    case 'asking':
      return calm('Waiting for permission', 'Your browser asks whether this page may listen. Please allow it.', 'Allow the microphone');
    case 'connecting':
      return calm(
        'Connecting',
        engine === 'server' ? 'The microphone is on. Connecting to the server…' : 'The microphone is on. Loading the model…',
        'Connecting…',
      );
    case 'listening':
      if (isPaused) return calm('Stop listening', 'Nothing is heard until it goes on. Press the microphone to stop.', 'Paused');
      return calm('Stop listening', 'Listening. Press again to stop.', example ? `Say “${example}”` : 'Say a word');
    case 'reconnecting':
      return {
        action: 'Stop listening',
        sentence: `${listening.message} Trying again in ${formatSeconds(listening.delayMs)} (attempt ${listening.attempt}).`,
        isProblem: true,
        prompt: 'Reconnecting…',
      };
    case 'stopping':
      return calm('Stopping', 'Waiting for what is still to come…', 'One moment…');
    case 'blocked':
      return { action: 'Try again', sentence: listening.message, isProblem: true, prompt: blockedPrompt(listening.code) };
    case 'lost':
      return {
        action: 'Start again',
        sentence: listening.message,
        isProblem: true,
        prompt: LOST_PROMPTS[listening.code] ?? 'Session ended',
      };
    default:
      return assertNever(listening);
  }
}

function formatSeconds(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return `${seconds} second${seconds === 1 ? '' : 's'}`;
}

function blockedPrompt(code: string): string {
  if (code === 'microphone_refused') return 'Microphone refused';
  return code === 'microphone_missing' ? 'No microphone' : 'Microphone unavailable';
}
