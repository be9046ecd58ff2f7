/** `KWS_TOKEN=... node scripts/container/smoke.mjs wss://HOST/v1/stream`: streams a recording to a deployed service; fails where no keyword comes back. */
import { main } from '../lib/main.mjs';
import { say } from '../lib/report.mjs';
import { SetupError } from '../lib/setup-error.mjs';
import { hearRecording } from './hear-recording.mjs';

await main(async () => {
  const [url] = process.argv.slice(2);
  if (url === undefined) throw new SetupError('usage', 'name the stream: node scripts/container/smoke.mjs wss://HOST/v1/stream');
  const heard = await hearRecording(url, { token: process.env['KWS_TOKEN'] });
  say(heard.length === 0 ? `no keyword came back from ${url}` : `heard ${heard.join(', ')}`);
  return heard.length === 0 ? 1 : 0;
});
