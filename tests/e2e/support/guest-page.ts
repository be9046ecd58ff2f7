/** Somebody else's page: a small HTTP server of another origin, with `<kws-listener>` by one script tag, as its documentation says. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { onTestFinished } from 'vitest';

/** What every element fires. */
const EVENTS = ['ready', 'keyword', 'model', 'warning', 'error', 'statechange'];

/** An event as the guest's own script saw it. */
export interface SeenEvent {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface GuestPage {
  /** Address of the stream service, which gives the script. */
  readonly service: string;
  /** The markup that the guest has written. */
  readonly element: string;
  /** The guest's Content-Security-Policy; none where absent. */
  readonly policy?: string;
}

/**
 * Serves the page for one test.
 *
 * @returns the page's address; its script keeps what it sees in `seen`
 */
export async function serveGuestPage({ service, element, policy }: GuestPage): Promise<string> {
  const html = `<!doctype html><html lang="en"><title>Guest</title><main><h1>Guest</h1>${element}</main>
    <script src="${service}/kws-listener.js"></script>
    <script>
      const seen = [];
      for (const type of ${JSON.stringify(EVENTS)}) {
        document.querySelector('kws-listener').addEventListener(type, ({ detail }) => seen.push({ type, detail }));
      }
    </script></html>`;
  const server = createServer((_, response) => {
    if (policy !== undefined) response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Content-Type', 'text/html; charset=utf-8').end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
