/** What the kernel says of processes: their sockets, and signals to them. */

import { readdir, readFile, readlink } from 'node:fs/promises';

const ESTABLISHED = '01';

/** How many clients a process serves on a port. */
export async function clientsOf(pid: number, port: number): Promise<number> {
  const inodes = new Set(await socketInodes(pid));
  const lines = (await readFile(`/proc/${pid}/net/tcp`, 'utf8')).split('\n').slice(1);
  return lines.filter((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === ESTABLISHED && Number.parseInt(local.split(':')[1] ?? '', 16) === port && inodes.has(inode);
  }).length;
}

/** Freezes a process; what comes back lets it go on. */
export function pause(pid: number): () => void {
  process.kill(pid, 'SIGSTOP');
  return () => process.kill(pid, 'SIGCONT');
}

async function socketInodes(pid: number): Promise<readonly string[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
