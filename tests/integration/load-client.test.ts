/** The client of the load tests and the faults judges a session rightly, wherever it is stopped. */

import { expect, test } from 'vitest';

import { LoadClient } from '../../bench/stream/load-client.ts';
import { loadProgrammes } from '../../bench/stream/programme.ts';
import { recordingPath } from '../helpers/recordings.ts';
import { DEFAULT_MODEL_DIRECTORY, startTestServer } from '../helpers/test-server.ts';

const CHUNK_SAMPLES = 1280;
const SECONDS = 3;
const CHUNKS = (SECONDS * 16_000) / CHUNK_SAMPLES;

test.each(['yes-stop-left', 'speech'] as const)(
  'a session that brought all it must of %s is whole after any number of chunks',
  { timeout: 120_000 },
  async (name) => {
    const { url } = await startTestServer({ MODEL_SOURCE: `file:${DEFAULT_MODEL_DIRECTORY}` });
    const [programme] = await loadProgrammes([recordingPath(name)], SECONDS);

    const faults: Record<number, string> = {};
    for (let chunks = 0; chunks <= CHUNKS; chunks++) {
      const options = { url, programme: programme!, chunkSamples: CHUNK_SAMPLES, wantsPosteriors: false };
      const client = new LoadClient(options, { eventMs: [], posteriorsMs: [] });
      await client.settled;
      for (let sent = 0; sent < chunks; sent++) client.sendChunk(performance.now());
      client.stop();
      await client.closed;
      const fault = client.fault();
      if (fault !== undefined) faults[chunks] = fault;
    }

    expect(faults).toEqual({});
  },
);
