/** @file The cost of embedding, really measured, with a model of a few hundred weights. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModel } from '../../src/models/registry.js';
import { initialTensors } from '../../src/models/contract/model.js';
import { parseModelOptions } from '../../src/models/registry.js';
import { writeModelFolder } from '../../src/models/model-folder.js';
import { measureExtractionCost } from '../../src/tasks/extraction-cost.js';
import { peakMemory, resetPeakMemory } from '../../src/tasks/peak-memory.js';
import { skip } from '../skip.js';

describe('extraction-cost', () => {
  it('gives time and memory for each length, in a process that starts from nothing', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'acanet-cost-'));
    try {
      const sizes = { channels: [16, 16, 16, 16, 48], embedding: 8, attentionChannels: 8, seChannels: 8 };
      const model = parseModelOptions({ type: 'ecapa-tdnn', ...sizes }, 'test');
      await writeModelFolder(dir, { model, origin: {} }, initialTensors(createModel(model), 1));
      const ballast = Buffer.alloc(300 << 20, 1); // of this process, and not to be counted
      const engine = { name: 'onnx', device: 'cpu', threads: 1 } as const;
      const { threads, lengths, idleBytes } = await measureExtractionCost({ modelDir: dir, engine, lengths: [1, 5] });
      assert.equal(threads, 1);
      assert.deepEqual(
        lengths.map(({ seconds }) => seconds),
        [1, 5],
      );
      for (const { realTimeFactor } of lengths) assert.ok(realTimeFactor > 0 && Number.isFinite(realTimeFactor));
      assert.ok(idleBytes > 10e6 && idleBytes < ballast.length, `${idleBytes} bytes`);
      assert.ok(idleBytes <= lengths[0].peakBytes && lengths[0].peakBytes <= lengths[1].peakBytes);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('says in words what its process refuses', async () => {
    const engine = { name: 'onnx', device: 'cpu', threads: 1 } as const;
    const measured = measureExtractionCost({ modelDir: join(tmpdir(), 'acanet-no-model'), engine, lengths: [1] });
    await assert.rejects(measured, { name: 'UserError', message: /acanet-no-model.*no such file/ });
  });

  it('forgets an earlier peak where the system lets it', function () {
    const held = Buffer.alloc(200 << 20, 1).length;
    const before = peakMemory();
    assert.ok(before > held);
    if (!resetPeakMemory()) skip(this, 'this system does not forget a peak');
    // The kernel counts pages in batches, so the new peak may be a little above the old one if nothing was freed.
    assert.ok(peakMemory() < before + (16 << 20));
  });
});
