/** What the page knows about listening, as a fold over everything that happens: `(state, happening) → state`. */

import { assertNever } from '#shared/assert-never.ts';
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
  /** Of the latest session, newest first, at most `MAX_HEARD`. */
  readonly heard: readonly KeywordMessage[];
  readonly heardTotal: number;
  /** What the server last warned of in this session. */
  readonly notice: string | undefined;
}

/** What happens on our side of the socket. */
export type PageMessage =
  | { readonly type: 'asked' }
  | { readonly type: 'blocked'; readonly code: string; readonly message: string }
  | { readonly type: 'opened' }
  | { readonly type: 'stopping' }
  | { readonly type: 'stopped' }
  | { readonly type: 'lost'; readonly code: string; readonly message: string }
  | { readonly type: 'model_loading' }
  | { readonly type: 'model_known'; readonly model: ModelSummary }
  | { readonly type: 'model_unavailable'; readonly message: string };

export type Happening = PageMessage | ServerMessage;

export const INITIAL_STATE: PageState = {
  listening: { phase: 'idle' },
  model: { state: 'loading' },
  heard: [],
  heardTotal: 0,
  notice: undefined,
};

/** The state after one more thing has happened. */
export function reduce(state: PageState, happening: Happening): PageState {
  switch (happening.type) {
    case 'asked':
      return { ...state, listening: { phase: 'asking' } };
    case 'blocked':
      return { ...state, listening: { phase: 'blocked', code: happening.code, message: happening.message } };
    case 'opened':
      return { ...state, listening: { phase: 'connecting' } };
    case 'ready':
      return beginSession(state, happening.session, happening.model);
    case 'keyword':
      return { ...state, heard: [happening, ...state.heard].slice(0, MAX_HEARD), heardTotal: state.heardTotal + 1 };
    case 'posteriors':
    case 'end':
      return state;
    case 'model':
      return { ...state, model: { state: 'known', model: happening.model } };
    case 'warning':
      return { ...state, notice: happening.message };
    case 'goaway':
      return { ...state, notice: 'The server is about to restart.' };
    case 'stopping':
      return { ...state, listening: { phase: 'stopping' } };
    case 'stopped':
      return { ...state, listening: { phase: 'idle' }, notice: undefined };
    case 'error':
    case 'lost':
      return lose(state, happening);
    case 'model_loading':
      return { ...state, model: { state: 'loading' } };
    case 'model_known':
      return { ...state, model: { state: 'known', model: happening.model } };
    case 'model_unavailable':
      return { ...state, model: { state: 'unavailable', message: happening.message } };
    default:
      return assertNever(happening);
  }
}

function beginSession(state: PageState, session: string, model: ModelSummary): PageState {
  return {
    ...state,
    listening: { phase: 'listening', session },
    model: { state: 'known', model },
    heard: [],
    heardTotal: 0,
    notice: undefined,
  };
}

/** The first reason stays: the close that follows an `error` says less. */
function lose(state: PageState, { code, message }: { readonly code: string; readonly message: string }): PageState {
  if (state.listening.phase === 'lost') return state;
  return { ...state, listening: { phase: 'lost', code, message }, notice: undefined };
}

/** Whether pressing the button starts listening. */
export function canStart({ phase }: Listening): boolean {
  return phase === 'idle' || phase === 'blocked' || phase === 'lost';
}
