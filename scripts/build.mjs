/** `npm run build`: the kernel, the stream service and the page, each only when its inputs have changed. */
import { build } from './lib/build.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';

await main(async () => {
  await build(ROOT);
  return 0;
});
