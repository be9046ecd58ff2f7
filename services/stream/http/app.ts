/** The HTTP side of the service. */

import { Hono, type Context } from 'hono';
import type { Logger } from 'pino';

import { CodedError } from '#shared/coded-error.ts';
import { DETECT_PATH, FEEDBACK_PATH, MODEL_PATH, MODELS_PATH, STREAM_PATH } from '#shared/protocol/messages.ts';

import { tokenOf } from '../auth/request-token.ts';
import type { TokenGate } from '../auth/token-gate.ts';
import type { AccessSettings, Limits } from '../config.ts';
import { forgetRoute } from '../feedback/forget-route.ts';
import type { Inbox } from '../feedback/inbox.ts';
import type { ServedModels } from '../models/served-models.ts';
import { serveDescription } from '../description/serve-description.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracing } from '../observability/span.ts';
import { traced } from '../observability/tracing.ts';
import { parseDetectQuery } from './detect-query.ts';
import { detect } from './detect.ts';
import { letPagesIn } from './pages-of-others.ts';
import { servePage } from './page.ts';
import { HttpError, problemOf, PROBLEM_CONTENT_TYPE } from './problem.ts';
import type { UploadSlots } from './upload-slots.ts';
import { openUpload } from './upload.ts';

const RETRY_AFTER_SECONDS = '1';

export interface AppOptions {
  readonly models: ServedModels;
  readonly isReady: () => boolean;
  readonly uploads: UploadSlots;
  readonly limits: Pick<Limits, 'maxUploadBytes' | 'maxUploadMs'>;
  readonly gate: Pick<TokenGate, 'admit'>;
  /** Absent where no audio is ever kept. */
  readonly inbox?: Pick<Inbox, 'forget'> | undefined;
  readonly access: AccessSettings;
  readonly metrics: Metrics;
  /** In the format that Prometheus reads. */
  readonly renderMetrics: () => Promise<string>;
  readonly pageDirectory: string;
  readonly log: Logger;
  readonly tracing: Tracing;
}

/** Routes requests; what any of them throws becomes problem details. */
export function createApp(options: AppOptions): Hono {
  const { models, isReady, uploads, limits, gate, inbox, access, metrics, renderMetrics, pageDirectory, log, tracing } = options;
  const app = new Hono();

  app.get('/healthz', (context) => context.json({ status: 'ok' }));

  app.get('/readyz', (context) => {
    if (!isReady()) throw new HttpError('not_ready', 'the service is about to stop');
    return context.json({ status: 'ready', models: models.readiness });
  });

  app.get('/metrics', async (context) => context.body(await renderMetrics(), 200, { 'Content-Type': metrics.registry.contentType }));

  app.use('/v1/*', letPagesIn(access));

  app.get(MODEL_PATH, (context) => context.json(models.find(context.req.query('name')).manifest));

  app.get(MODELS_PATH, (context) => context.json(models.answer));

  app.delete(FEEDBACK_PATH, forgetRoute({ gate, inbox }));

  app.post(DETECT_PATH, (context) =>
    uploads.run(() =>
      traced(tracing, 'kws.upload', async (span) => {
        const query = parseDetectQuery(context.req.query());
        const { raw } = context.req;
        await gate.admit(tokenOf({ authorization: context.req.header('authorization') }));
        const file = openUpload(raw, limits.maxUploadBytes);
        const answer = await models
          .find(query.model)
          .incumbent.use((classifier) => detect(file, { classifier, query, signal: raw.signal, maxAudioMs: limits.maxUploadMs }));
        metrics.uploadSeconds.inc(answer.durationMs / 1000);
        metrics.uploads.inc({ status: 200 });
        span.set({
          durationMs: answer.durationMs,
          keywords: answer.events.length,
          'kws.model': answer.model.name,
          'kws.model.version': answer.model.version,
        });
        return context.json(answer);
      }),
    ),
  );
  refuseOtherUses(app);
  serveDescription(app);
  app.get('*', servePage(pageDirectory));

  app.notFound((context) => answer(context, new HttpError('not_found', `there is no ${context.req.method} ${context.req.path}`)));
  app.onError((error, context) => {
    const isGivenUp = context.req.raw.signal.aborted;
    const known = error instanceof CodedError ? error : new CodedError('internal_error', 'the service made a mistake; it is in its log');
    if (context.req.path === DETECT_PATH && !isGivenUp) countRefusal(metrics, known);
    if (isGivenUp) log.info('request given up by the client');
    else if (known !== error) log.error({ err: error, path: context.req.path }, 'request broke');
    return answer(context, known);
  });
  return app;
}

function countRefusal({ uploads, refused }: Metrics, error: CodedError): void {
  uploads.inc({ status: problemOf(error).status });
  refused.inc({ reason: error.code });
}

function answer(context: Context, error: CodedError): Response {
  const problem = problemOf(error);
  if (error.code === 'no_capacity') context.header('Retry-After', RETRY_AFTER_SECONDS);
  return context.body(JSON.stringify(problem), problem.status, { 'Content-Type': PROBLEM_CONTENT_TYPE });
}

/** What has a path, but is to be asked for otherwise. */
function refuseOtherUses(app: Hono): void {
  app.all(DETECT_PATH, (context) => {
    context.header('Allow', 'POST');
    throw new HttpError('method_not_allowed', `${DETECT_PATH} takes POST`);
  });

  app.all(FEEDBACK_PATH, (context) => {
    context.header('Allow', 'DELETE');
    throw new HttpError('method_not_allowed', `${FEEDBACK_PATH} takes DELETE; feedback is given over the WebSocket`);
  });

  app.get(STREAM_PATH, (context) => {
    context.header('Upgrade', 'websocket');
    throw new HttpError('upgrade_required', `${STREAM_PATH} is a WebSocket`);
  });
}
