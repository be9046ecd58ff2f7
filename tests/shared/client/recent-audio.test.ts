/** What is kept of the audio that was sent last. */

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';

import { AudioBacklog } from '#shared/client/audio-backlog.ts';
import { RecentAudio } from '#shared/client/recent-audio.ts';

const chunks = () => fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 30 });
const joined = (parts: readonly Uint8Array[]): number[] => parts.flatMap((part) => [...part]);

test.prop([chunks(), fc.integer({ min: 1, max: 100 })])(
  'is the end of all of it: as much as wanted, and no chunk more',
  (sent, wantedBytes) => {
    const recent = new RecentAudio(wantedBytes);
    for (const chunk of sent) recent.push(chunk);

    const kept = recent.takeAll();

    const all = joined(sent);
    expect(joined(kept)).toEqual(all.slice(all.length - joined(kept).length));
    expect(joined(kept).length).toBeGreaterThanOrEqual(Math.min(wantedBytes, all.length));
    expect(joined(kept.slice(1)).length).toBeLessThan(wantedBytes);
    expect(recent.takeAll()).toEqual([]);
  },
);

test.prop([chunks(), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 30 })])(
  'is given away from where a stride began, with no whole stride less',
  (sent, wantedBytes, strideBytes) => {
    const [all, recent] = [joined(sent), new RecentAudio(wantedBytes)];
    for (const chunk of sent) recent.push(chunk);

    const kept = joined(recent.takeFromStride(all.length, strideBytes));

    expect(kept).toEqual(all.slice(all.length - kept.length));
    if (kept.length > 0) expect((all.length - kept.length) % strideBytes).toBe(0);
    expect(kept.length).toBeGreaterThan(Math.min(wantedBytes, all.length) - strideBytes);
  },
);

test.prop([chunks(), chunks()])(
  'comes before what waits, in its order, and leaves out its beginning where there is no room',
  (again, waiting) => {
    const limitBytes = 300;
    const backlog = new AudioBacklog(limitBytes);
    for (const chunk of waiting) backlog.push(chunk);
    const before = joined(contentOf(backlog));
    for (const chunk of waiting) backlog.push(chunk);

    const bytes = backlog.putBack(again);

    const all = joined(again);
    const after = joined(contentOf(backlog));
    expect(after.slice(0, bytes)).toEqual(all.slice(all.length - bytes));
    expect(after.slice(bytes)).toEqual(before);
    expect(after.length).toBeLessThanOrEqual(limitBytes);
  },
);

/** Takes everything out of it. */
function contentOf(backlog: AudioBacklog): Uint8Array[] {
  const content: Uint8Array[] = [];
  for (let chunk = backlog.first; chunk; chunk = backlog.first) {
    content.push(chunk);
    backlog.shift();
  }
  return content;
}
