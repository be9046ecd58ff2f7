/** Makes `@tensorflow/tfjs-node` work: `node scripts/setup-tfjs.mjs`. The trainer and `npm test` do it by themselves. */
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { say } from './lib/report.mjs';
import { setUpTfjs } from './tfjs/set-up.mjs';

await main(async () => {
  await installPackages(ROOT);
  await setUpTfjs(ROOT, process.env);
  say('tfjs-node is ready.');
  return 0;
});
