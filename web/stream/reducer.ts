/** What the page knows about listening, as a fold over everything that happens: `(state, happening) → state`. */

import { assertNever } from '#shared/assert-never.ts';
import type { ModelDetails } from './model.ts';
import type { KeywordMessage, ModelSummary, ServerMessage } from '#shared/protocol/messages.ts';

/** Keywords kept for the list; older ones are forgotten, `heardTotal` still counts them. */
export const MAX_HEARD = 200;

export type Listening =
  | { readonly phase: 'idle' }
  | { readonly phase: 'asking' }
  /** No sound: refused, no microphone, taken. `code` is a microphone error's. */
  | { readonly phase: 'blocked'; readonly code: string; readonly message: string }
  | { readonly phase: 'connecting' }
  | { readonly phase: 'listening'; readonly session: string }
  /** The session was lost and is being opened anew; the microphone stays on. */
  | { readonly phase: 'reconnecting'; readonly attempt: number; readonly delayMs: number; readonly message: string }
  | { readonly phase: 'stopping' }
  /** It ended, or never began, against our will. `code` is the server's or the client's. */
  | { readonly phase: 'lost'; readonly code: string; readonly message: string };

export type ModelStatus =
  | { readonly state: 'loading' }
  | { readonly state: 'known'; readonly model: ModelSummary }
  | { readonly state: 'unavailable'; readonly message: string };

export interface PageState {
  readonly listening: Listening;
  readonly model: ModelStatus;
  /** Names of the models to choose from; the first is for those who choose none. */
  readonly models: readonly string[];
  /** The detection rules of the model that was last asked about. */
  readonly operatingPoints: ModelDetails['operatingPoints'];
  /** Since the button was pressed, newest first, at most `MAX_HEARD`. */
  readonly heard: readonly HeardKeyword[];
  readonly heardTotal: number;
  /** What the server last warned of in this session. */
  readonly notice: string | undefined;
  /** Whether the browser holds the sound back, as it may in the background. */
  readonly isPaused: boolean;
}

/** A keyword and its number since the button was pressed, from 0: sessions count anew, this does not. */
export interface HeardKeyword extends KeywordMessage {
  readonly number: number;
}

/** What happens on our side of the socket. */
export type PageMessage =
  | { readonly type: 'asked' }
  | { readonly type: 'blocked'; readonly code: string; readonly message: string }
  | { readonly type: 'opened' }
  | { readonly type: 'reconnecting'; readonly attempt: number; readonly delayMs: number; readonly message: string }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'stopping' }
  | { readonly type: 'stopped' }
  | { readonly type: 'lost'; readonly code: string; readonly message: string }
  | { readonly type: 'model_loading' }
  | { readonly type: 'models_known'; readonly names: readonly string[] }
  | { readonly type: 'model_known'; readonly model: ModelDetails }
  | { readonly type: 'model_unavailable'; readonly message: string };

export type Happening = PageMessage | ServerMessage;

export const INITIAL_STATE: PageState = {
  listening: { phase: 'idle' },
  model: { state: 'loading' },
  models: [],
  operatingPoints: undefined,
  heard: [],
  heardTotal: 0,
  notice: undefined,
  isPaused: false,
};

/** The state after one more thing has happened. */
export function reduce(state: PageState, happening: Happening): PageState {
  switch (happening.type) {
    case 'asked':
      return { ...state, listening: { phase: 'asking' }, isPaused: false };
    case 'blocked':
      return { ...state, listening: { phase: 'blocked', code: happening.code, message: happening.message } };
    case 'opened':
      return { ...state, listening: { phase: 'connecting' } };
    case 'reconnecting':
      return { ...state, listening: reconnecting(happening), notice: undefined };
    case 'paused':
    case 'resumed':
      return { ...state, isPaused: happening.type === 'paused' };
    case 'ready':
      return beginSession(state, happening.session, happening.model);
    case 'keyword':
      return hear(state, happening);
    case 'posteriors':
    case 'kept':
    case 'end':
      return state;
    case 'model':
      return {
        ...state,
        model: { state: 'known', model: happening.model },
        notice: `Now listening with model ${happening.model.version}.`,
      };
    case 'warning':
      return { ...state, notice: happening.message };
    case 'goaway':
      return { ...state, notice: 'The server is about to restart; listening goes on.' };
    case 'stopping':
      return { ...state, listening: { phase: 'stopping' } };
    case 'stopped':
      return { ...state, listening: { phase: 'idle' }, notice: undefined, isPaused: false };
    case 'error':
    case 'lost':
      return lose(state, happening);
    case 'model_loading':
      return { ...state, model: { state: 'loading' } };
    case 'models_known':
      return { ...state, models: happening.names };
    case 'model_known':
      return learn(state, happening.model);
    case 'model_unavailable':
      return { ...state, model: { state: 'unavailable', message: happening.message } };
    default:
      return assertNever(happening);
  }
}

/** A first session begins with an empty list; one that continues another keeps what was heard. */
function beginSession(state: PageState, session: string, model: ModelSummary): PageState {
  const isContinued = state.listening.phase === 'reconnecting' || state.listening.phase === 'listening';
  const { heard, heardTotal } = isContinued ? state : INITIAL_STATE;
  return { ...state, listening: { phase: 'listening', session }, model: { state: 'known', model }, heard, heardTotal, notice: undefined };
}

function learn(state: PageState, { operatingPoints, ...model }: ModelDetails): PageState {
  return { ...state, model: { state: 'known', model }, operatingPoints };
}

function reconnecting({ attempt, delayMs, message }: Extract<PageMessage, { type: 'reconnecting' }>): Listening {
  return { phase: 'reconnecting', attempt, delayMs, message };
}

function hear(state: PageState, message: KeywordMessage): PageState {
  const heard = [{ ...message, number: state.heardTotal }, ...state.heard].slice(0, MAX_HEARD);
  return { ...state, heard, heardTotal: state.heardTotal + 1 };
}

/** The first reason stays: the close that follows an `error` says less. */
function lose(state: PageState, { code, message }: { readonly code: string; readonly message: string }): PageState {
  if (state.listening.phase === 'lost') return state;
  return { ...state, listening: { phase: 'lost', code, message }, notice: undefined, isPaused: false };
}

/** Whether pressing the button starts listening. */
export function canStart({ phase }: Listening): boolean {
  return phase === 'idle' || phase === 'blocked' || phase === 'lost';
}
