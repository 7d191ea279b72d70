/** @file What is said of engines, each tried in a process of its own. */
import assert from 'node:assert/strict';
import { describeEngine } from '../../src/engine/describe.js';
import { withoutEngines } from './without-engines.js';

describe('a description of an engine', () => {
  withoutEngines();

  it('says that it works', async () => {
    const expected = { engine: 'onnx', device: 'cpu', works: true, remark: '' };
    assert.deepEqual(await describeEngine({ name: 'onnx', device: 'cpu' }), expected);
  });

  it('says why it does not work, and what to do', async () => {
    const { works, remark } = await describeEngine({ name: 'onnx', device: 'cuda' });
    assert.equal(works, false);
    assert.match(remark, /not installed\ninstall it with: acanet engine install cuda$/);
  });

  it('says how its process ended where it ended without a word', async () => {
    const { NODE_OPTIONS } = process.env;
    process.env.NODE_OPTIONS = '--import=data:text/javascript,process.abort()';
    try {
      const { works, remark } = await describeEngine({ name: 'onnx', device: 'cpu' });
      assert.equal(works, false);
      assert.match(remark, /^its process ended with /);
    } finally {
      if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = NODE_OPTIONS;
    }
  });
});
