/** @file The short form of the fuzzer: every parser reads its seeds, and some hundred damaged copies do no harm. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/errors.js';
import { allParsers, fuzzInThread, type FuzzResult } from './fuzz.js';

const INPUTS_PER_WEIGHT = 15; // 4,000 in all, in seconds

describe('damaged files', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'acanet-fuzz-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are made of files that every parser reads', async () => {
    const refused: string[] = [];
    for (const { name, seeds, read } of allParsers(folder)) {
      for (const [place, seed] of seeds.entries()) {
        try {
          await read(seed);
        } catch (error) {
          refused.push(`${name}, seed ${place}: ${messageOf(error)}`);
        }
      }
    }
    assert.deepEqual(refused, []);
  });

  it('are read or refused with words, in little time and memory', async () => {
    const results: FuzzResult[] = [];
    await fuzzInThread({ folder, inputsPerWeight: INPUTS_PER_WEIGHT }, (result) => results.push(result));
    assert.deepEqual(
      results.flatMap(({ findings }) => findings),
      [],
    );
    // Else the damage is such that a first check finds it all, or none.
    const [inputs, accepted] = [sum(results, 'inputs'), sum(results, 'accepted')];
    assert.ok(accepted > 0.05 * inputs && accepted < 0.8 * inputs, `${accepted} of ${inputs} were read`);
  });
});

const sum = (results: readonly FuzzResult[], key: 'inputs' | 'accepted') =>
  results.reduce((total, result) => total + result[key], 0);
