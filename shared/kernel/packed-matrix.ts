/** Weight matrices in the layout that the kernel's matrix product reads: panels of eight columns, everything padded with zeros. */

import type { Allocations } from './kernel-memory.ts';

/** Columns of a panel, and the multiple to which every count of channels is padded. */
export const PANEL_COLUMNS = 8;

/** A packed matrix in the kernel's memory. */
export interface PackedMatrix {
  readonly address: number;
  /** Rows of the matrix: the inner length of the product, padded. */
  readonly inner: number;
  readonly panels: number;
}

/**
 * How a matrix of the artefact is cut. Rows come in `rowGroups` groups (the steps and bands of a convolution), columns in `columnGroups` (the
 * gates of an LSTM); each group is padded by itself, so that padded channels line up.
 */
export interface MatrixLayout {
  /** Columns as the artefact has them. */
  readonly columns: number;
  readonly rowGroups?: number;
  readonly columnGroups?: number;
  /** To what multiple each group of rows is padded: eight, unless the left matrix is gathered anyway. */
  readonly rowMultiple?: 2 | 8;
}

/** The next multiple of eight. */
export function padChannels(channels: number): number {
  return Math.ceil(channels / PANEL_COLUMNS) * PANEL_COLUMNS;
}

/** Packs `values [rows, columns]`, row-major. */
export function packMatrix(allocations: Allocations, values: Float32Array, layout: MatrixLayout): PackedMatrix {
  const { columns, rowGroups = 1, columnGroups = 1, rowMultiple = PANEL_COLUMNS } = layout;
  const groupRows = values.length / columns / rowGroups;
  const groupColumns = columns / columnGroups;
  const paddedRows = Math.ceil(groupRows / rowMultiple) * rowMultiple;
  const paddedColumns = padChannels(groupColumns);
  const inner = rowGroups * paddedRows;
  const panels = (columnGroups * paddedColumns) / PANEL_COLUMNS;
  const packed = new Float32Array(panels * inner * PANEL_COLUMNS);
  for (let row = 0; row < rowGroups * groupRows; row++) {
    const paddedRow = Math.floor(row / groupRows) * paddedRows + (row % groupRows);
    for (let column = 0; column < columns; column++) {
      const paddedColumn = Math.floor(column / groupColumns) * paddedColumns + (column % groupColumns);
      const panel = Math.floor(paddedColumn / PANEL_COLUMNS);
      packed[(panel * inner + paddedRow) * PANEL_COLUMNS + (paddedColumn % PANEL_COLUMNS)] = values[row * columns + column]!;
    }
  }
  return { address: allocations.allocateFloats(packed), inner, panels };
}

/** Pads a vector of `groups` groups, each by itself; returns its address. */
export function packVector(allocations: Allocations, values: Float32Array, groups = 1): number {
  const groupLength = values.length / groups;
  const padded = new Float32Array(groups * padChannels(groupLength));
  for (let i = 0; i < values.length; i++) {
    padded[Math.floor(i / groupLength) * padChannels(groupLength) + (i % groupLength)] = values[i]!;
  }
  return allocations.allocateFloats(padded);
}
