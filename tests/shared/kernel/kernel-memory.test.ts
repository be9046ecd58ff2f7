import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { instantiateKernel, type KernelExports } from '#shared/kernel/kernel-exports.ts';
import { KERNEL_MEMORY_LIMIT_BYTES, KernelMemory } from '#shared/kernel/kernel-memory.ts';

import { readKernel } from '../../helpers/kernel.ts';

let wasm: WebAssembly.Module;
let exports: KernelExports;
let memory: KernelMemory;

beforeAll(async () => {
  wasm = await WebAssembly.compile(await readKernel());
});

beforeEach(async () => {
  exports = await instantiateKernel(wasm);
  memory = new KernelMemory(exports);
});

describe('the memory of the kernel', () => {
  property.prop([fc.array(fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant('free' as const)), { maxLength: 60 })])(
    'gives out stretches of zeros that never overlap',
    (requests) => {
      const own = new KernelMemory(exports);
      const stretches: { address: number; floats: number; mark: number }[] = [];
      requests.forEach((request, i) => {
        if (request === 'free') {
          const stretch = stretches.splice(i % Math.max(1, stretches.length), 1)[0];
          if (stretch) own.free(stretch.address);
          return;
        }
        const stretch = { address: own.allocate(request), floats: Math.floor(request / 4), mark: i + 1 };
        const view = viewOf(own, stretch);
        expect(view.every((value) => value === 0)).toBe(true);
        view.fill(stretch.mark);
        stretches.push(stretch);
      });

      for (const stretch of stretches) expect(viewOf(own, stretch).every((value) => value === stretch.mark)).toBe(true);
      for (const { address } of stretches) own.free(address);
      expect(own.usedBytes).toBe(0);
    },
  );

  test('uses freed memory again, also that of neighbours together', () => {
    const [first, second] = [memory.allocate(60_000), memory.allocate(60_000)];
    memory.allocate(64);
    memory.free(first);
    memory.free(second);

    expect(memory.allocate(120_000)).toBe(first);
  });

  test('refuses to free what it did not give', () => {
    const address = memory.allocate(64);
    memory.free(address);

    expect(() => memory.free(address)).toThrow(RangeError);
  });

  test('refuses more than its limit and stays usable', () => {
    expect(() => memory.allocate(KERNEL_MEMORY_LIMIT_BYTES)).toThrow(expect.objectContaining({ code: 'kernel_out_of_memory' }));

    memory.free(memory.allocate(1000));
    expect(memory.usedBytes).toBe(0);
  });
});

function viewOf({ floats }: KernelMemory, { address, floats: count }: { address: number; floats: number }): Float32Array {
  return floats.subarray(address / 4, address / 4 + count);
}
