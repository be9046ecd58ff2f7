/** Where this script came from: the service of its elements, unless they name another, and where the engine's files lie. */

/** A classic script knows only while it runs first; a module, which is none, takes the page's address. */
export const OWN_ADDRESS = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href;
