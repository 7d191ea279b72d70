/** @file The feature cache: counts, bytes, resuming, normalisation, and everything that can be wrong with its input. */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { UserError } from '../../../src/errors.js';
import { readAudio } from '../../../src/audio/read.js';
import { writeWav } from '../../../src/audio/write-wav.js';
import type { Utterance } from '../../../src/corpus/manifest/manifest.js';
import {
  buildFeatureCache,
  checkFeatureCache,
  extractCacheShare,
  openFeatureCache,
} from '../../../src/features/cache/cache.js';
import { planShards } from '../../../src/features/cache/cache-format.js';
import { createFbank } from '../../../src/features/fbank/fbank.js';
import { featureOptions } from '../../../src/features/options.js';
import { normalizeFeatures } from '../../../src/features/normalization.js';
import { keyedRandom } from '../../../src/random.js';
import { readMatrix, readScp } from '../../../src/storage/kaldi-archive.js';

describe('features/cache', () => {
  let dir: string;
  let utterances: Utterance[];
  const options = featureOptions.parse({ sampleRate: 8000, bins: 24 });

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'acanet-cache-'));
    // 40 utterances: 20 files, of which two pieces each are used. Three shards of 16.
    utterances = Array.from({ length: 40 }, (_, i) => {
      const path = join(dir, `${i >> 1}.wav`);
      if (i % 2 === 0) {
        const random = keyedRandom('cache', i);
        const samples = Float32Array.from(
          { length: 6000 + 100 * i },
          (_, t) => 0.1 * random.normal() + 0.2 * Math.sin(t * i * 0.01),
        );
        writeWav(path, samples, 8000);
      }
      return {
        id: `u${i}`,
        speaker: `s${i % 5}`,
        path,
        offset: i % 2 === 0 ? 0 : 0.25,
        duration: i % 2 === 0 ? 0.4 : 0.5,
        sampleRate: 8000,
        channels: 1,
        corpus: 'test',
        split: i < 30 ? 'train' : 'test',
      } satisfies Utterance;
    });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** The folder of this name, with a cache of all utterances. */
  const cacheIn = async (name: string) => {
    const folder = join(dir, name);
    await buildFeatureCache({ utterances, options, dir: folder, workers: 2 });
    return folder;
  };
  const bytesOf = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder)
        .filter((file) => file !== 'feats.scp') // holds absolute paths
        .map((file) => [file, readFileSync(join(folder, file), 'base64')]),
    );
  const expectedOf = async ({ path, offset, duration }: Utterance) =>
    createFbank(options)((await readAudio(path, { offset, duration })).samples);

  it('is the same where shares of it were made before, side by side, and a dead share is made with the rest', async () => {
    const folder = join(dir, 'shared');
    const share = (index: number) =>
      extractCacheShare({ utterances, options, dir: folder, workers: 1 }, { index, count: 3 });
    const [first, second] = await Promise.all([share(0), share(1)]);
    assert.deepEqual([first.utterances + second.utterances, first.shards, second.shards], [30, 1, 1]);
    assert.throws(() => openFeatureCache(folder), /unfinished/);
    assert.deepEqual(await share(0), { ...first, reusedShards: 1 });
    const summary = await buildFeatureCache({ utterances, options, dir: folder, workers: 1 });
    assert.equal(summary.reusedShards, 2);
    assert.deepEqual(bytesOf(folder), bytesOf(await cacheIn('whole')));
  });

  it('holds every utterance once, readable by key, by range and by Kaldi, normalised on reading', async () => {
    const folder = join(dir, 'cache-new');
    const progress: number[] = [];
    const summary = await buildFeatureCache({
      utterances,
      options,
      dir: folder,
      workers: 2,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    assert.deepEqual([summary.utterances, summary.shards, summary.reusedShards], [40, 3, 0]);
    assert.ok(Math.abs(summary.audioSeconds - 18) < 1e-9);
    // From the beginning, so that a bar knows how long the first shard took; and the end comes once.
    assert.deepEqual([progress[0], progress.indexOf(1)], [0, progress.length - 1]);
    const cache = openFeatureCache(folder);
    assert.deepEqual(
      cache.ids(),
      utterances.map(({ id }) => id),
    );
    const scp = new Map(readScp(join(folder, 'feats.scp')).map((entry) => [entry.key, entry]));
    assert.equal(scp.size, 40);
    for (const utterance of utterances) {
      const expected = await expectedOf(utterance);
      const stored = readMatrix(scp.get(utterance.id)!);
      // 16 bits over a range of some 25: steps of 4e-4.
      assert.ok(stored.data.every((value, i) => Math.abs(value - expected.data[i]) < 4e-4));
      normalizeFeatures(expected, 'mean');
      const read = cache.read(utterance.id);
      assert.equal(cache.frames(utterance.id), expected.frames);
      assert.ok(read.data.every((value, i) => Math.abs(value - expected.data[i]) < 4e-4));
      assert.deepEqual(cache.read(utterance.id, 5, 7).data, read.data.slice(5 * 24, 12 * 24));
    }
    assert.equal(cache.has('u40'), false);
    assert.throws(() => cache.read('u40'), /no utterance "u40"/);
    const checked = [...checkFeatureCache(folder)];
    assert.deepEqual([checked.length, checked.filter(({ problem }) => problem).length], [9, 0]);
  });

  it('subtracts the means of windows, of a crop as of the whole', async () => {
    const folder = join(dir, 'cache-windowed');
    const windowed = featureOptions.parse({ ...options, normalize: { window: 10 } });
    await buildFeatureCache({ utterances, options: windowed, dir: folder, workers: 1 });
    const [cache, plain] = [openFeatureCache(folder), openFeatureCache(await cacheIn('cache'))];
    const whole = cache.read('u4');
    const expected = plain.read('u4'); // less the utterance's mean, which the windows' means take out again
    normalizeFeatures(expected, { window: 10 });
    const crop = cache.read('u4', 3, 12);
    assert.equal(crop.frames, 12);
    // Roundings of values of about 10 to float32.
    assert.ok(whole.data.every((value, i) => Math.abs(value - expected.data[i]) < 1e-5));
    assert.ok(crop.data.every((value, i) => Math.abs(value - whole.data[3 * 24 + i]) < 1e-5));
    assert.equal(cache.read('u4', 3, 0).frames, 0);
  });

  it('gives the same bytes with one worker, and again when killed and resumed', async () => {
    const expected = bytesOf(await cacheIn('cache'));
    const folder = join(dir, 'cache-again');
    await buildFeatureCache({ utterances, options, dir: folder, workers: 1 });
    assert.deepEqual(bytesOf(folder), expected);
    // What a SIGKILL leaves: no cache.json, one shard without its index, another without anything, a file written
    // aside.
    for (const file of ['cache.json', 'feats-00002.json', 'feats-00003.json', 'feats-00003.ark'])
      rmSync(join(folder, file));
    writeFileSync(join(folder, '.feats-00003.ark.1.00.part'), 'half');
    assert.throws(() => openFeatureCache(folder), /missing, unfinished or damaged/);
    const first = statSync(join(folder, 'feats-00001.ark')).mtimeMs;
    const { reusedShards } = await buildFeatureCache({ utterances, options, dir: folder, workers: 2 });
    assert.equal(reusedShards, 1);
    assert.equal(statSync(join(folder, 'feats-00001.ark')).mtimeMs, first);
    assert.deepEqual(bytesOf(folder), expected);
  });

  it('never takes archives for features of other options, whenever it was killed', async () => {
    const folder = join(dir, 'cache-changed');
    const few = utterances.slice(0, 16);
    const build = (given: object) =>
      buildFeatureCache({
        utterances: few,
        options: featureOptions.parse({ ...options, ...given }),
        dir: folder,
        workers: 1,
      });
    await build({});
    const expected = bytesOf(folder);
    // It ends between the archives, with one of new features: a folder stands where the other one goes.
    rmSync(join(folder, 'stats-00001.ark'));
    mkdirSync(join(folder, 'stats-00001.ark'));
    await assert.rejects(build({ preemphasis: 0.5 }), /stats-00001.ark/);
    assert.notEqual(readFileSync(join(folder, 'feats-00001.ark'), 'base64'), expected['feats-00001.ark']);
    rmSync(join(folder, 'stats-00001.ark'), { recursive: true });
    writeFileSync(join(folder, 'stats-00001.ark'), expected['stats-00001.ark'], 'base64');
    assert.equal((await build({})).reusedShards, 0);
    assert.deepEqual(bytesOf(folder), expected);
  });

  it('writes the list for Kaldi again where it is lost, and nothing else', async () => {
    const folder = await cacheIn('cache-list');
    rmSync(join(folder, 'feats.scp'));
    const { reusedShards } = await buildFeatureCache({ utterances, options, dir: folder });
    assert.equal(reusedShards, 3);
    assert.equal(readScp(join(folder, 'feats.scp')).length, 40);
  });

  it('extracts nothing again when only the normalisation changes, and follows a smaller manifest', async () => {
    const folder = await cacheIn('cache-global');
    const global = featureOptions.parse({ ...options, normalize: 'global' });
    assert.equal((await buildFeatureCache({ utterances, options: global, dir: folder })).reusedShards, 3);
    const cache = openFeatureCache(folder);
    const training = await Promise.all(utterances.slice(0, 30).map(expectedOf));
    const frames = training.reduce((sum, features) => sum + features.frames, 0);
    for (const bin of [0, 11, 23]) {
      let sum = 0;
      for (const { data } of training) for (let at = bin; at < data.length; at += 24) sum += data[at];
      assert.ok(Math.abs(cache.globalMean![bin] - sum / frames) < 1e-5);
      assert.ok(
        Math.abs(cache.read('u39').data[bin] + sum / frames - (await expectedOf(utterances[39])).data[bin]) < 4e-4,
      );
    }
    const fewer = await buildFeatureCache({ utterances: utterances.slice(0, 16), options, dir: folder });
    assert.deepEqual([fewer.utterances, fewer.reusedShards], [16, 1]);
    assert.equal(readdirSync(folder).filter((file) => file.endsWith('.ark')).length, 2);
    assert.equal(openFeatureCache(folder).has('u20'), false);
  });

  it('extracts again what changes the features, and nothing else', async () => {
    const folder = join(dir, 'cache-lines');
    const build = (change: (utterance: Utterance, index: number) => Utterance) =>
      buildFeatureCache({ utterances: utterances.map(change), options, dir: folder, workers: 1 });
    await build((utterance) => utterance);
    const described = statSync(join(folder, 'cache.json')).mtimeMs;
    const said = await build((utterance) => ({
      ...utterance,
      speaker: `x${utterance.speaker}`,
      gender: 'f',
      session: 'monday',
      repeats: 3,
      corpus: 'renamed',
    }));
    assert.equal(said.reusedShards, 3);
    assert.equal(statSync(join(folder, 'cache.json')).mtimeMs, described);
    const inputs = planShards(utterances, options).map(({ input }) => input);
    const changes: Partial<Utterance>[] = [
      { offset: 0.01 },
      { duration: 0.3 },
      { path: utterances[2].path },
      { channel: 1 },
      { trailingSilence: 0.5 },
      { split: 'dev' }, // the training mean is that of the split
    ];
    for (const change of changes) {
      const changed = utterances.map((utterance, index) => (index === 20 ? { ...utterance, ...change } : utterance));
      const same = planShards(changed, options).map(({ input }, index) => input === inputs[index]);
      assert.deepEqual(same, [true, false, true], JSON.stringify(change));
    }
  });

  it('keeps training shards apart from test shards, and is known by what is in it', async () => {
    const folder = join(dir, 'apart');
    const split = utterances.map((utterance, index): Utterance => ({
      ...utterance,
      split: index < 4 ? 'test' : 'train',
    }));
    const build = (some: Utterance[]) => buildFeatureCache({ utterances: some, options, dir: folder, workers: 1 });
    const first = await build(split);
    assert.equal(first.shards, 4, '36 of training, 4 of test');
    assert.deepEqual(
      openFeatureCache(folder).ids().slice(36),
      split.slice(0, 4).map(({ id }) => id),
    );
    const fewer = await build(split.slice(1));
    assert.equal(fewer.reusedShards, 3);
    assert.equal(fewer.trainingHash, first.trainingHash);
    assert.notEqual(fewer.contentHash, first.contentHash);
    const moved = join(dir, 'moved');
    mkdirSync(moved);
    const copies = split.map((utterance) => {
      const path = join(moved, basename(utterance.path));
      copyFileSync(utterance.path, path);
      return { ...utterance, path };
    });
    const again = await build(copies);
    assert.deepEqual(
      [again.reusedShards, again.contentHash, again.trainingHash],
      [0, first.contentHash, first.trainingHash],
    );
  });

  it('finds changed bytes', async () => {
    const folder = await cacheIn('cache-spoilt');
    const path = join(folder, 'feats-00001.ark');
    const bytes = readFileSync(path);
    bytes[1000] ^= 1;
    writeFileSync(path, bytes);
    const damaged = [...checkFeatureCache(folder)].filter(({ problem }) => problem !== undefined);
    assert.deepEqual(
      damaged.map(({ file }) => file),
      ['feats-00001.ark'],
    );
  });

  it('reports all unusable audio at once and leaves no cache behind, but keeps what is good', async () => {
    const folder = join(dir, 'bad');
    const changed = utterances.map((utterance) => ({ ...utterance }));
    writeWav(join(dir, 'rate.wav'), new Float32Array(20000).fill(0.1), 16000);
    copyFileSync(join(dir, '3.wav'), join(dir, 'cut.wav'));
    truncateSync(join(dir, 'cut.wav'), 3000);
    changed[17] = { ...changed[17], path: join(dir, 'rate.wav') };
    changed[18] = { ...changed[18], path: join(dir, 'none.wav') };
    changed[19] = { ...changed[19], duration: 0.02 };
    changed[39] = { ...changed[39], path: join(dir, 'cut.wav') };
    await assert.rejects(buildFeatureCache({ utterances: changed, options, dir: folder }), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /4 utterances without features/);
      assert.match(error.message, /u17: .*rate.wav: expected 8000 Hz, got 16000 Hz/);
      assert.match(error.message, /u18: .*none.wav: cannot be read/);
      assert.match(error.message, /u19: .*9.wav: 160 samples are too short .* one frame has 200/);
      assert.match(error.message, /u39: .*cut.wav: truncated WAV/);
      return true;
    });
    assert.deepEqual(readdirSync(folder).sort(), ['feats-00001.ark', 'feats-00001.json', 'stats-00001.ark']);
  });

  it('refuses, before any work, no utterances, ids that come twice, and the wrong sample rate', async () => {
    const folder = join(dir, 'refused');
    const build = (list: Utterance[]) => buildFeatureCache({ utterances: list, options, dir: folder });
    await assert.rejects(build([]), /no utterances/);
    await assert.rejects(build([utterances[0], utterances[0]]), /u0: the id comes twice/);
    await assert.rejects(build([{ ...utterances[0], sampleRate: 16000 }]), /u0: expected 8000 Hz, got 16000 Hz/);
    const global = featureOptions.parse({ ...options, normalize: 'global' });
    const test = utterances.slice(30);
    await assert.rejects(
      buildFeatureCache({ utterances: test, options: global, dir: folder }),
      /needs .* the split "train"/,
    );
    assert.throws(() => readdirSync(folder), /ENOENT/);
  });

  it('stops when it is told to', async () => {
    const folder = join(dir, 'stopped');
    const controller = new AbortController();
    const onProgress = ({ done }: { done: number }) => {
      if (done > 0) controller.abort(new Error('stopped by the user'));
    };
    await assert.rejects(
      buildFeatureCache({ utterances, options, dir: folder, workers: 1, onProgress, signal: controller.signal }),
      /stopped by the user/,
    );
    assert.throws(() => openFeatureCache(folder), UserError);
    assert.ok(readdirSync(folder).every((file) => !file.endsWith('.part')));
  });
});
