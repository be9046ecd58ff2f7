/** How many uploads are worked on at a time. */

import { expect, test } from 'vitest';

import { UploadSlots } from '../../../../services/stream/http/upload-slots.ts';

const never = new Promise<never>(() => undefined);

test('refuses one more than it has places for', async () => {
  const slots = new UploadSlots(1);
  void slots.run(() => never);

  await expect(slots.run(() => Promise.resolve())).rejects.toMatchObject({ code: 'no_capacity' });
});

test('gives a place again, however the work before ended', async () => {
  const slots = new UploadSlots(1);

  await expect(slots.run(() => Promise.reject(new RangeError('broken')))).rejects.toThrow('broken');

  expect(await slots.run(() => Promise.resolve('done'))).toBe('done');
});

test('settles when all work has ended, and not before', async () => {
  const slots = new UploadSlots(2);
  const order: string[] = [];
  const work = async (): Promise<void> => {
    await Promise.resolve();
    order.push('worked');
  };
  const both = [slots.run(work), slots.run(work)];

  await slots.settled().then(() => order.push('settled'));
  await Promise.all(both);

  expect(order).toEqual(['worked', 'worked', 'settled']);
});
