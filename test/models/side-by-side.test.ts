/** Work side by side keeps the order of its items, does not run ahead, and ends where one fails. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { sideBySide } from '../../src/models/side-by-side.js';

/** What was begun and not yet finished, at most; finishes later items first. */
function watched(failing?: number) {
  const seen = { running: 0, most: 0, begun: 0 };
  const work = async (item: number) => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.running);
    for (let turn = item % 7; turn < 7; turn++) await setImmediate();
    seen.running--;
    if (item === failing) throw new Error(`no ${item}`);
    return 10 * item;
  };
  return { seen, work };
}

const items = Array.from({ length: 30 }, (_, i) => i);

describe('sideBySide', () => {
  for (const [atOnce, most] of [
    [1, 1],
    [3, 6],
  ]) {
    // prettier-ignore
    it(`keeps the order of the items with ${atOnce} at once`, async () => {
      const { seen, work } = watched();
      const results: [number, number][] = [];
      for await (const result of sideBySide(items, atOnce, work)) results.push(result);
      assert.deepEqual(results, items.map((item) => [item, 10 * item])); // prettier-ignore
      assert.equal(seen.most, most);
    });
  }

  it('gives what came before an item that fails, then its error, and begins no more', async () => {
    const { seen, work } = watched(8);
    const given: number[] = [];
    await assert.rejects(async () => {
      for await (const [item] of sideBySide(items, 2, work)) given.push(item);
    }, /^Error: no 8$/);
    assert.deepEqual(given, items.slice(0, 8));
    assert.ok(seen.begun <= 12);
  });

  it('takes no items and items that come one by one', async () => {
    async function* slowly() {
      for (const item of items) {
        await setImmediate();
        yield item;
      }
    }
    const count = async (given: Iterable<number> | AsyncIterable<number>) => {
      let found = 0;
      for await (const [item, result] of sideBySide(given, 4, watched().work)) found += Number(result === 10 * item);
      return found;
    };
    assert.deepEqual([await count([]), await count(slowly())], [0, items.length]);
  });
});
