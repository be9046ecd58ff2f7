/** The documents of the project, taken apart: code, links, headings. */

import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { PROJECT_DIRECTORY } from './test-server.ts';

/** Folders in which there are no documents of ours. */
const OTHERS = new Set(['node_modules', 'dist', 'runs', 'mlruns', 'venv', 'corpus', 'fixtures']);

/** A fenced block of code. */
export interface CodeBlock {
  /** What stands behind the fence: `sh`, `json`, or nothing. */
  readonly language: string;
  readonly code: string;
}

/** A line of a shell block, as a person would type it: comments gone, continued lines joined. */
export interface ShellCommand {
  readonly environment: Readonly<Record<string, string>>;
  /** Program and arguments, without quotes. */
  readonly words: readonly string[];
  /** The line itself. */
  readonly line: string;
}

/** The Markdown files of the project, by path from its root. */
export async function documentPaths(folder = PROJECT_DIRECTORY): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const paths = await Promise.all(entries.map((entry) => documentsIn(entry, folder)));
  return paths.flat();
}

async function documentsIn(entry: Dirent, folder: string): Promise<readonly string[]> {
  const path = join(folder, entry.name);
  if (entry.isFile()) return entry.name.endsWith('.md') ? [relative(PROJECT_DIRECTORY, path)] : [];
  return entry.isDirectory() && !entry.name.startsWith('.') && !OTHERS.has(entry.name) ? documentPaths(path) : [];
}

/** The text of a document. `path` is from the project's root. */
export function readDocument(path: string): Promise<string> {
  return readFile(join(PROJECT_DIRECTORY, path), 'utf8');
}

/** Its blocks of code, of one language if it is given. */
export function codeBlocks(document: string, language?: string): readonly CodeBlock[] {
  return [...document.matchAll(/^( *)```(\w*)\n([\s\S]*?)\n\1```$/gm)]
    .map(([, indent = '', name = '', code = '']) => ({ language: name, code: code.replaceAll(`\n${indent}`, '\n').trimStart() }))
    .filter((block) => language === undefined || block.language === language);
}

/** The commands in its shell blocks. */
export function shellCommands(document: string): readonly ShellCommand[] {
  return codeBlocks(document, 'sh')
    .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^|\s+)# .*$/, ''))
    .filter((line) => line !== '')
    .map(parseCommand);
}

function parseCommand(line: string): ShellCommand {
  const words = [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
  const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const assignments = words.slice(0, start).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  return { environment: Object.fromEntries(assignments), words: words.slice(start), line };
}

/** Its prose: what is no block of code. */
export function proseOf(document: string): string {
  return document.replaceAll(/^( *)```[\s\S]*?\n\1```$/gm, '');
}
