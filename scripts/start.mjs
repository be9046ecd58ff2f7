/** `npm start`: installs and builds what is missing, then becomes the stream service. */
import { build } from './lib/build.mjs';
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';

await main(async () => {
  await installPackages(ROOT);
  await build(ROOT);
  // In this very process: signals, exit code and environment are the service's own.
  await import(new URL('../dist/stream/main.js', import.meta.url).href);
  return 0;
});
