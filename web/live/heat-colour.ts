/** From a cepstral coefficient to a colour that tells small from large in any light, and to the colour-blind. */

/** Where the values of meyda's MFCC lie, from a quiet room to loud speech: the first coefficient is loudness ... */
const LOUDNESS_RANGE = { low: 500, high: 1150 };
/** ... the others are shape, ever finer and smaller: 2 to 98 % of the frames of read speech lie in ± this / row ^ 0.75. */
const SHAPE_SPREAD = 110;
const SHAPE_DECAY = 0.75;

/** Anchors of the viridis map, evenly spaced (Smith and van der Walt, 2015, https://bids.github.io/colormap). */
const VIRIDIS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const;

/** Steps of the map: finer ones are not seen. */
const COLOURS = Array.from({ length: 64 }, (_, i) => viridis(i / 63));

/** The CSS colour of coefficient `row`; values outside the usual range take the nearest end. */
export function heatColour(row: number, value: number): string {
  const { low, high } = row === 0 ? LOUDNESS_RANGE : shapeRange(row);
  const share = Number.isFinite(value) ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return COLOURS[Math.round(share * (COLOURS.length - 1))] ?? '';
}

function shapeRange(row: number): { readonly low: number; readonly high: number } {
  const spread = SHAPE_SPREAD / row ** SHAPE_DECAY;
  return { low: -spread, high: spread };
}

function viridis(share: number): string {
  const position = share * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(position));
  const [from, to] = [VIRIDIS[index] ?? VIRIDIS[0], VIRIDIS[index + 1] ?? VIRIDIS[0]];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + (to[channel] - from[channel]) * (position - index));
  return `rgb(${mix(0)} ${mix(1)} ${mix(2)})`;
}
