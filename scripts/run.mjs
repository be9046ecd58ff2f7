/** Runs a TypeScript program of the project that needs TensorFlow: `node scripts/run.mjs FILE [ARGUMENTS ...]`. */
import { build } from './lib/build.mjs';
import { BUILD_PARTS } from './lib/build-parts.mjs';
import { runCommand } from './lib/command.mjs';
import { installPackages } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { setUpTfjs } from './tfjs/set-up.mjs';

await main(async () => {
  await installPackages(ROOT);
  await build(
    ROOT,
    BUILD_PARTS.filter((part) => part.name === 'kernel'),
  );
  await setUpTfjs(ROOT, process.env);
  const { code } = await runCommand(process.execPath, ['--import', 'tsx', ...process.argv.slice(2)], {
    env: { TF_CPP_MIN_LOG_LEVEL: '1', ...process.env }, // TensorFlow's warnings, without its remarks about the processor
  });
  return code;
});
