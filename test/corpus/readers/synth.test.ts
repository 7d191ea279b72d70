/** @file The synthetic corpus: reproducible files, reuse, shape of the split and of the trials. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSha256 } from '../../../src/storage/hashing.js';
import { corpusOptions, prepareCorpus } from '../../../src/corpus/readers/registry.js';

describe('corpus synth', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'synth-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  const prepare = (options: Record<string, unknown> = {}, audioDir = join(dir, 'a')) => {
    const small = { trainSpeakers: 3, testSpeakers: 4, utterancesPerSpeaker: 2, testUtterancesPerSpeaker: 4 };
    const parsed = corpusOptions.parse({
      type: 'synth',
      ...small,
      sessionsPerSpeaker: 2,
      duration: [1, 2],
      ...options,
    });
    return prepareCorpus(parsed, { audioDir });
  };
  const hashes = async ({ utterances }: Awaited<ReturnType<typeof prepare>>) =>
    Object.fromEntries(
      await Promise.all(utterances.map(async ({ id, path }) => [id, await fileSha256(path)] as const)),
    );

  it('has the asked-for speakers, lengths, genders and sessions', async () => {
    const { utterances } = await prepare({ sampleRate: 8000 });
    assert.equal(utterances.length, 3 * 2 + 4 * 4);
    for (const { path, duration, sampleRate } of utterances) {
      assert.ok(duration >= 1 && duration <= 2);
      assert.equal(sampleRate, 8000);
      assert.equal(statSync(path).size, 44 + 2 * Math.round(duration * 8000)); // header, then 16-bit samples
    }
    const [first, second] = utterances;
    assert.deepEqual([first.speaker, first.gender, first.split, first.corpus], ['train0000', 'f', 'train', 'synth']);
    assert.deepEqual([first.session, second.session], ['train0000-s0', 'train0000-s1']);
    assert.equal(new Set(utterances.filter(({ gender }) => gender === 'm').map(({ speaker }) => speaker)).size, 3);
  });

  it('makes target trials across sessions, half of the nontargets within a gender', async () => {
    const { utterances, trials } = await prepare();
    const of = new Map(utterances.map((utterance) => [utterance.id, utterance]));
    for (const { enroll, test, target } of trials!) {
      const [a, b] = [of.get(enroll)!, of.get(test)!];
      assert.deepEqual([a.split, b.split], ['test', 'test']);
      assert.equal(target, a.speaker === b.speaker);
      if (target) assert.notEqual(a.session, b.session);
    }
    assert.equal(trials!.filter(({ target }) => target).length, 4 * 4);
    const nontargets = trials!.filter(({ target }) => !target);
    const same = nontargets.filter(({ enroll, test }) => of.get(enroll)!.gender === of.get(test)!.gender);
    assert.equal(same.length, nontargets.length / 2);
  });

  it('writes the same bytes on every run, and other bytes for another seed', async () => {
    const first = await prepare();
    const again = await prepare({}, join(dir, 'b'));
    const other = await prepare({ seed: 2 });
    assert.deepEqual(await hashes(again), await hashes(first));
    const [a, b] = [await hashes(first), await hashes(other)];
    for (const id of Object.keys(a)) assert.notEqual(a[id], b[id]);
    assert.equal(new Set(Object.values(a)).size, first.utterances.length);
  });

  it('keeps complete files and mends broken ones', async () => {
    const first = await prepare();
    assert.ok(first.notes.includes('22 utterances synthesised, 0 found complete'), first.notes.join('\n'));
    const before = await hashes(first);
    const [cut, garbage, kept] = first.utterances.map(({ path }) => path);
    truncateSync(cut, 1000);
    writeFileSync(garbage, 'RIFF');
    const { mtimeMs } = statSync(kept);
    const second = await prepare();
    assert.ok(second.notes.includes('2 utterances synthesised, 20 found complete'), second.notes.join('\n'));
    assert.deepEqual(await hashes(second), before);
    assert.equal(statSync(kept).mtimeMs, mtimeMs);
  });

  it("reuses a smaller corpus's audio in a larger one", async () => {
    await prepare();
    const { notes } = await prepare({ trainSpeakers: 4, testUtterancesPerSpeaker: 5 });
    assert.ok(notes.includes('6 utterances synthesised, 22 found complete'), notes.join('\n'));
  });

  it('stops when it is told to and leaves whole files', async () => {
    const controller = new AbortController();
    const options = corpusOptions.parse({ type: 'synth', trainSpeakers: 2, duration: [1, 1] });
    const context = {
      audioDir: dir,
      signal: controller.signal,
      onProgress: (done: number) => done === 3 && controller.abort(),
    };
    await assert.rejects(prepareCorpus(options, context), { name: 'AbortError' });
    const { notes } = await prepare({ trainSpeakers: 2, duration: [1, 1], sessionsPerSpeaker: 4 }, dir);
    assert.ok(notes.includes('18 utterances synthesised, 2 found complete'), notes.join('\n'));
  });

  it('is neither silent nor clipped', async () => {
    for (const { path } of (await prepare()).utterances) {
      const samples = new Int16Array(readFileSync(path).buffer.slice(44));
      const rms = Math.sqrt(samples.reduce((sum, value) => sum + value ** 2, 0) / samples.length) / 32768;
      // A session's level is -30…-22 dB of full scale.
      assert.ok(rms > 0.02 && rms < 0.1, `${path}: ${rms}`);
      assert.ok(samples.every((value) => Math.abs(value) < 32767));
    }
  });

  it('refuses options that make no sense', () => {
    for (const wrong of [{ duration: [3, 1] }, { sampleRate: 44100 }, { testSpeakers: 1 }, { trainSpeaker: 3 }]) {
      assert.equal(corpusOptions.safeParse({ type: 'synth', ...wrong }).success, false, JSON.stringify(wrong));
    }
  });
});
