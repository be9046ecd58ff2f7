/** The service worker: keeps the page, the kernel and the model, so that the page listens with the network cut. */

// What a service worker's scope holds; TypeScript's DOM library leaves it out.
interface ExtendableEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}
/** Filled in by the build: every file of the page. */
declare const __OFFLINE_BUILD__: { readonly version: string; readonly urls: readonly string[] };

const scope = self as unknown as ServiceWorkerScope;
const build = __OFFLINE_BUILD__;
const PREFIX = 'kws-page-';
const CACHE = PREFIX + build.version;
const KEPT = new Set(build.urls);

scope.addEventListener('install', (event) => event.waitUntil(keep()));
scope.addEventListener('activate', (event) => event.waitUntil(takeOver()));
scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== scope.location.origin || !KEPT.has(url.pathname)) return;
  event.respondWith(url.pathname === '/' ? freshOrKept(event.request) : keptOrFresh(event.request));
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([...build.urls]);
  await scope.skipWaiting();
}

async function takeOver(): Promise<void> {
  const stale = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(stale.map((name) => caches.delete(name)));
  await scope.clients.claim();
}

/** The page itself comes from the server while there is one: its newest build counts. */
async function freshOrKept(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match('/')) ?? Response.error();
  }
}

/** All other files are named by their content, or never change. */
async function keptOrFresh(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}
