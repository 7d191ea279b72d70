/**
 * @file Every JSON file of a work folder, damaged in each way: a mistake that is named with its remedy, never a defect.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { ablationRecord } from '../../../src/recipe/artifacts/ablation.js';
import { modelDescription } from '../../../src/recipe/artifacts/average.js';
import { calibrationRecord } from '../../../src/recipe/artifacts/calibrate.js';
import { comparisonRecord } from '../../../src/recipe/artifacts/compare.js';
import { doneRecord, overrides, provenance, startedRecord } from '../../../src/recipe/artifacts/control-files.js';
import { costRecord } from '../../../src/recipe/artifacts/cost.js';
import { speedRecord } from '../../../src/recipe/artifacts/embed.js';
import type { JsonArtifact } from '../../../src/recipe/artifacts/json-artifact.js';
import { corpusRecord } from '../../../src/recipe/artifacts/prep.js';
import { robustnessRecord } from '../../../src/recipe/artifacts/robustness.js';
import { backendRecord, metricsRecord } from '../../../src/recipe/artifacts/score.js';

const FIGURES = { trials: 4, targets: 2, nontargets: 2, eer: 0.5, threshold: null };

/** The file, its folder in the work folder, what it may hold, one key of that, and how it is made again. */
const FILES: [Pick<JsonArtifact<unknown>, 'name' | 'read' | 'readIfThere'>, string, object, string, RegExp][] = [
  [
    doneRecord,
    'prep',
    {
      ...{
        stage: 'prep',
        inputHash: 'a',
        outputHash: 'b',
        outputs: ['x'],
        finished: '2026-01-01T00:00:00Z',
        seconds: 1,
      },
      input: { settings: {}, needs: { 'prep:training': 'c' }, version: 1 },
    },
    'outputs',
    /remove the file: the next `acanet run`/,
  ],
  [startedRecord, 'train/a', { stage: 'train/a', inputHash: 'a' }, 'inputHash', /remove the file/],
  [overrides, '', ['seeds=2'], '0', /give the --set options of the last command again/],
  [provenance, '', { commands: [{ time: '', command: 'acanet run', sets: [] }] }, 'commands', /begins it anew/],
  [corpusRecord, 'prep', { partial: 'a part' }, 'partial', /acanet run --force prep$/],
  [modelDescription, 'average/a', { origin: { averagedSteps: [1] } }, 'origin', /acanet run --force average\/a$/],
  [speedRecord, 'embed/a', { utterances: 1, frames: 2, seconds: 3 }, 'seconds', /acanet run --force embed\/a$/],
  [metricsRecord, 'score/a@2', FIGURES, 'eer', /acanet run --force score\/a@2$/],
  [backendRecord, 'score/a', { scoring: { type: 'cosine' }, warnings: [], notes: [] }, 'notes', /--force score\/a$/],
  [calibrationRecord, 'calibrate/a', { usable: false, reason: 'x' }, 'reason', /acanet run --force calibrate\/a$/],
  [robustnessRecord, 'robustness/a', { sides: 'test', utterances: 1, conditions: [] }, 'conditions', /robustness\/a$/],
  [
    costRecord,
    'cost/a',
    {
      ...{ machine: 'm', engine: 'e', threads: 1, idleBytes: 1 },
      lengths: [{ seconds: 3, realTimeFactor: 0.1, peakBytes: 1 }],
    },
    'lengths',
    /acanet run --force cost\/a$/,
  ],
  [
    comparisonRecord,
    'compare',
    {
      ...{
        baseline: 'a',
        trials: 4,
        targets: 2,
        nontargets: 2,
        notes: [],
        verdicts: [],
        relative: {},
        differences: {},
      },
      systems: [{ name: 'a', eer: 0.1, runs: [{ name: 'a' }] }],
    },
    'systems',
    /acanet run --force compare$/,
  ],
  [
    ablationRecord,
    'ablation',
    {
      ...{ name: 'n', base: 'a' },
      axes: [{ name: 'x', rows: [{ label: 'l', system: 'a', development: { eer: 0.1, runs: [0.1] } }] }],
    },
    'axes',
    /acanet run --force ablation$/,
  ],
];

describe('a JSON file of a work folder', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-artifacts-'));
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  for (const [artifact, stage, value, key, remedy] of FILES) {
    const where = join(stage, artifact.name);
    const put = (text: string): string => {
      mkdirSync(dirname(join(work, where)), { recursive: true });
      writeFileSync(join(work, where), text);
      return join(work, stage);
    };
    const isNamed = (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.ok(error.message.startsWith(`${join(work, where)}: `), error.message);
      assert.match(error.message.split('\n')[1], remedy);
      return true;
    };

    it(`gives what was written, with keys that are not known: ${where}`, () => {
      const more = Array.isArray(value) ? value : { ...value, 'of another version': { x: 1 } };
      assert.equal(JSON.stringify(artifact.read(put(JSON.stringify(more)))), JSON.stringify(more));
    });

    it(`is named with its remedy when it is damaged: ${where}`, () => {
      const text = JSON.stringify(value);
      const other = Array.isArray(value) ? [{}] : { ...value, [key]: 17.5 };
      const wrong = key === 'seconds' || key === 'eer' ? { ...value, [key]: 'x' } : other;
      for (const damaged of ['', text.slice(0, -2), '17', 'null', JSON.stringify(wrong)]) {
        assert.throws(() => artifact.readIfThere(put(damaged)), isNamed, damaged);
      }
    });

    it(`is named with its remedy where it must be there and is not: ${where}`, () => {
      assert.equal(artifact.readIfThere(join(work, stage)), undefined);
      assert.throws(() => artifact.read(join(work, stage)), isNamed);
    });
  }

  it('says what is wrong where', () => {
    writeFileSync(join(work, 'speed.json'), '{"utterances": 1, "frames": "2", "seconds": 3}');
    assert.throws(() => speedRecord.read(work), /speed\.json: damaged, .*expected number.* at frames\n/);
    writeFileSync(join(work, 'speed.json'), '\n');
    assert.throws(() => speedRecord.read(work), /speed\.json: damaged, it is empty\n/);
  });
});
