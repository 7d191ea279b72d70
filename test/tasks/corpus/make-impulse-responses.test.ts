/** @file A set of made-up rooms: drawn from a seed, written whole, and fit for reverberation. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../../src/audio/read.js';
import { augmentationOptions } from '../../../src/features/augmentation/options.js';
import { directPath } from '../../../src/features/augmentation/reverberation.js';
import { listAugmentationSources } from '../../../src/features/augmentation/sources.js';
import { SPEED_OF_SOUND } from '../../../src/features/augmentation/image-method.js';
import { drawRoom, makeImpulseResponses } from '../../../src/tasks/corpus/make-impulse-responses.js';

describe('made-up rooms', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-rooms-'));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const make = (name: string, count: number, seed = 1, signal?: AbortSignal) =>
    makeImpulseResponses({ dir: join(dir, name), count, seed, sampleRate: 8000, t60: [0.1, 0.2], progress: () => undefined, signal }); // prettier-ignore
  const bytes = (name: string, file: string) => readFileSync(join(dir, name, file), 'base64');

  it('are the same for the same seed, and the first ones of a larger set', async () => {
    const files = await make('three', 3);
    await make('two', 2);
    await make('other', 2, 2);
    assert.deepEqual(files, ['room-0001.wav', 'room-0002.wav', 'room-0003.wav']);
    for (const file of files.slice(0, 2)) {
      assert.equal(bytes('three', file), bytes('two', file));
      assert.notEqual(bytes('three', file), bytes('other', file));
    }
    assert.deepEqual(readdirSync(join(dir, 'two')).sort(), ['room-0001.wav', 'room-0002.wav', 'rooms.csv']);
  });

  it('begin with the sound that comes straight, as far as rooms.csv says', async () => {
    await make('rooms', 4);
    const [head, ...rows] = readFileSync(join(dir, 'rooms/rooms.csv'), 'utf8').trim().split('\n');
    assert.equal(rows.length, 4);
    for (const row of rows) {
      const { file, distance, t60 } = Object.fromEntries(head.split(',').map((key, i) => [key, row.split(',')[i]]));
      const { samples } = await readAudio(join(dir, 'rooms', file));
      const delay = Math.round((Number(distance) / SPEED_OF_SOUND) * 8000);
      assert.ok(Math.abs(directPath(samples) - delay) <= 1, `${file}: ${directPath(samples)}, expected ${delay}`);
      assert.ok(Math.abs(samples.length / 8000 - Number(t60) - Number(distance) / SPEED_OF_SOUND) < 0.002);
    }
  });

  it('hold source and microphone, apart from walls and each other', () => {
    for (let i = 0; i < 200; i++) {
      const { size, source, microphone, t60, reflection } = drawRoom({ seed: 3, t60: [0.15, 0.7] }, i);
      for (const place of [source, microphone]) {
        assert.ok(place.every((value, axis) => value >= 0.5 && value <= size[axis] - 0.5));
      }
      assert.ok(Math.hypot(...source.map((value, axis) => value - microphone[axis])) >= 0.5);
      assert.ok(reflection > 0 && reflection < 1 && t60 >= 0.15 && t60 <= 0.7);
    }
  });

  it('are a source of reverberation', async () => {
    await make('source', 2);
    const options = augmentationOptions.parse({ reverberation: { source: join(dir, 'source') } });
    assert.equal((await listAugmentationSources(options)).reverberation?.length, 2);
  });

  it('leave a folder that holds something as it is, and nothing where they were interrupted', async () => {
    mkdirSync(join(dir, 'full'));
    writeFileSync(join(dir, 'full/notes.txt'), 'mine');
    await assert.rejects(make('full', 1), /full: expected a folder that is empty or not there/);
    assert.deepEqual(readdirSync(join(dir, 'full')), ['notes.txt']);
    await assert.rejects(make('stopped', 3, 1, AbortSignal.abort(new Error('stopped'))), /stopped/);
    assert.ok(!existsSync(join(dir, 'stopped')));
  });
});
