/** What one benchmark gives to the page. */

export interface Section {
  /** Markdown. */
  readonly lines: readonly string[];
  /** SVG, by the name of its file without the ending, with what it shows in words. */
  readonly charts?: readonly Chart[];
}

export interface Chart {
  readonly name: string;
  readonly shows: string;
  readonly svg: string;
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Three figures that count. */
export function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
