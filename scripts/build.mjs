/** `npm run build`: the kernel, the stream service and the page, each only when its inputs have changed. */
import { build } from './lib/build.mjs';
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';

await main(async () => {
  await installPackages(ROOT);
  await build(ROOT);
  return 0;
});
