/** Holds the live picture's layout to the canvas it is for. */

import { fc, test as property } from '@fast-check/vitest';
import { expect } from 'vitest';

import { layoutOf } from '../../../web/live/layout.ts';

property.prop([fc.integer({ min: 320, max: 3000 }), fc.integer({ min: 304, max: 1500 }), fc.constantFrom(1, 1.25, 2, 3)])(
  'the parts follow each other without a gap, in whole pixels, and fill the canvas',
  (width, cssHeight, pixelRatio) => {
    const height = Math.round(cssHeight * pixelRatio);

    const { titles, words, waveform, heat, traces, times } = layoutOf({ width, height, pixelRatio });

    const parts = [titles.waveform, words, waveform, titles.heat, heat, titles.traces, traces, times];
    let top = 0;
    for (const part of parts) {
      expect(part.top).toBe(top);
      expect(Number.isInteger(part.height) && part.height > 0).toBe(true);
      top += part.height;
    }
    expect(Math.abs(top - height)).toBeLessThanOrEqual(3); // rows are rounded one by one
  },
);
