/** Holds the inbox to its order, its limit and its two endings. */

import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';

import { Inbox } from '#shared/client/inbox.ts';

property.prop([fc.array(fc.integer()), fc.nat({ max: 100 })])(
  'gives every item in order, before and while it is awaited',
  async (items, early) => {
    const inbox = new Inbox<number>(1000);
    for (const item of items.slice(0, early)) inbox.push(item);
    const taken = takeAll(inbox);
    for (const item of items.slice(early)) {
      await Promise.resolve();
      inbox.push(item);
    }
    inbox.end();

    expect(await taken).toEqual(items);
  },
);

test('refuses the item beyond its limit and keeps the others', async () => {
  const inbox = new Inbox<number>(2);

  expect([inbox.push(1), inbox.push(2), inbox.push(3)]).toEqual([true, true, false]);
  inbox.end();

  expect(await takeAll(inbox)).toEqual([1, 2]);
});

test('throws what ended it only after all that came before has been taken', async () => {
  const inbox = new Inbox<number>(10);
  const taken: number[] = [];
  inbox.push(7);
  inbox.end(new Error('gone'));
  inbox.end();

  await expect(takeAll(inbox, taken)).rejects.toThrow('gone');
  expect(taken).toEqual([7]);
});

async function takeAll<Item>(inbox: Inbox<Item>, taken: Item[] = []): Promise<Item[]> {
  for await (const item of inbox) taken.push(item);
  return taken;
}
