/** Asks the browser to keep the page for when there is no network. */

/** Where the build puts it. */
const SERVICE_WORKER_URL = '/service-worker.js';

/** Registers the service worker. Pages without a secure origin, and browsers that refuse, go on with the network alone. */
export async function keepOffline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(SERVICE_WORKER_URL);
  } catch (error) {
    if (!(error instanceof Error)) throw error; // a refusal costs nothing but the offline mode
  }
}
