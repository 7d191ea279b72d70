/** @file A decoder that damage has made fail: where it decodes, where it is freed, and what is said of it. */
import assert from 'node:assert/strict';
import { decodeByWasm } from '../../src/audio/wasm-decoding.js';
import { UserError } from '../../src/errors.js';

describe('audio/wasm-decoding', () => {
  const memory = Float32Array.of(0.5, -0.5);
  let freed = 0;
  const decoder = {
    ready: Promise.resolve(),
    free: () => {
      freed++;
    },
  };
  const read = (given: typeof decoder, errors: { message: string }[] = []) =>
    decodeByWasm(given, {
      ...{ path: 'x.opus', what: 'Opus' },
      decode: () => ({ channelData: [memory], errors }),
      cut: (samples) => Float32Array.from(samples.subarray(0, 1)),
    });

  it('gives what was cut out of its memory, and frees it', async () => {
    freed = 0;
    assert.deepEqual(await read(decoder), [Float32Array.of(0.5)]);
    assert.equal(freed, 1);
  });

  it('keeps it for another file where it is told to', async () => {
    freed = 0;
    const kept: object[] = [];
    const release = (used: object) => void kept.push(used);
    const options = { path: 'x.opus', what: 'Opus', cut: () => new Float32Array(1), release };
    await decodeByWasm(decoder, { ...options, decode: () => ({ channelData: [memory], errors: [] }) });
    await assert.rejects(
      decodeByWasm(decoder, { ...options, decode: () => ({ channelData: [memory], errors: [{ message: 'bad' }] }) }),
    );
    assert.deepEqual([kept, freed], [[decoder], 0]);
  });

  it('refuses a file with words where the decoder complains, fails, or fails in being freed', async () => {
    freed = 0;
    const failure = () => {
      throw new RangeError('memory access out of bounds');
    };
    const words = (message: string) => (error: unknown) => error instanceof UserError && error.message === message;
    await assert.rejects(read(decoder, [{ message: 'bad packet' }]), words('x.opus: damaged Opus: bad packet'));
    const failed = words('x.opus: damaged Opus: its decoder failed (memory access out of bounds)');
    await assert.rejects(read({ ...decoder, free: failure }), failed);
    await assert.rejects(
      decodeByWasm(decoder, { path: 'x.opus', what: 'Opus', decode: failure, cut: () => new Float32Array(1) }),
      failed,
    );
    assert.equal(freed, 0); // its memory is not to be trusted
  });
});
