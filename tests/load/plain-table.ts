/** Tables that read well on a terminal and in a log. */

import Table from 'cli-table3';

const NO_RULES = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

export function plainTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] }, chars: NO_RULES });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}
