/** `DELETE /v1/feedback?session=`: whoever gave feedback takes it back. */

import type { Handler } from 'hono';
import { z } from 'zod';

import { SessionIdSchema } from '#shared/feedback/clip-record.ts';
import { ProtocolError } from '#shared/protocol/protocol-error.ts';

import { tokenOf } from '../auth/request-token.ts';
import type { TokenGate } from '../auth/token-gate.ts';
import { HttpError } from '../http/problem.ts';
import { FeedbackError } from './feedback-error.ts';
import type { Inbox } from './inbox.ts';

export const ForgetQuerySchema = z.object({ session: SessionIdSchema.describe('Its id, as `ready` told it.') });

export interface ForgetOptions {
  readonly gate: Pick<TokenGate, 'admit'>;
  /** Absent where no audio is ever kept. */
  readonly inbox: Pick<Inbox, 'forget'> | undefined;
}

/** Answers how many clips are gone; of a session of others, none are. */
export function forgetRoute({ gate, inbox }: ForgetOptions): Handler {
  return async (context) => {
    if (!inbox) throw new FeedbackError('feedback_off', 'this service keeps no audio');
    const { tenant } = await gate.admit(tokenOf({ authorization: context.req.header('authorization') }));
    if (tenant === undefined) throw new ProtocolError('unauthorized', 'audio is kept of clients with a token, and forgotten for them');
    const query = ForgetQuerySchema.safeParse(context.req.query());
    if (!query.success) throw new HttpError('invalid_query', `session: ${query.error.issues[0]?.message}`);
    return context.json(await inbox.forget(query.data.session, tenant));
  };
}
