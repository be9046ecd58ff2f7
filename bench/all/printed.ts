/** The results of benchmarks that only print: kept as lines, shown as what the lines look like. */

import { z } from 'zod';

/** What is kept of a program that prints without end. */
export const MAX_PRINTED_LINES = 200;

export const PrintedSchema = z.object({
  machine: z.string(),
  /** Not 0: a promise was not kept, or it broke. */
  exitCode: z.int(),
  lines: z.array(z.string()),
});

type Kind = 'table' | 'drawing' | 'pair' | 'line';

/** Tables stay tables, `what: figures` becomes one, drawings stay as they are, and the rest is a list. */
export function printedMarkdown(lines: readonly string[]): string[] {
  const blocks: { readonly kind: Kind; readonly lines: string[] }[] = [];
  for (const line of lines.map((text) => text.trimEnd()).filter((text) => text !== '')) {
    const kind = kindOf(line);
    const last = blocks.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks.flatMap((block) => [...blockMarkdown(block.kind, block.lines), '']);
}

function kindOf(line: string): Kind {
  if (line.startsWith('|')) return 'table';
  if (/^[┌├└│]/.test(line)) return 'drawing';
  return splitPair(line) === undefined ? 'line' : 'pair';
}

function splitPair(line: string): readonly [string, string] | undefined {
  const at = line.indexOf(': ');
  return at < 0 ? undefined : [line.slice(0, at).trim(), line.slice(at + 2).trim()];
}

function blockMarkdown(kind: Kind, lines: readonly string[]): string[] {
  switch (kind) {
    case 'table':
      return [...lines];
    case 'drawing':
      return ['```text', ...lines, '```'];
    case 'pair':
      return ['| what | figures |', '| --- | --- |', ...lines.map((line) => `| ${(splitPair(line) ?? []).join(' | ')} |`)];
    case 'line':
      return lines.map((line) => `- ${line.trim()}`);
  }
}
