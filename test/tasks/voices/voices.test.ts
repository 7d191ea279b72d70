/** @file Two files, a store of voices, and whose a recording is; the network is replaced by a mean of features. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../../src/audio/write-wav.js';
import { engineOptions } from '../../../src/engine/create-engine.js';
import { featureOptions } from '../../../src/features/options.js';
import { scoringOptions } from '../../../src/scoring/backend/backend-options.js';
import { writeScoringProfile, type ScoringProfile } from '../../../src/scoring/profile/scoring-profile.js';
import { describeIdentified, describeVerification } from '../../../src/tasks/voices/describe-voices.js';
import { enrollVoice, type EnrollOptions } from '../../../src/tasks/voices/enroll-voice.js';
import { identifyVoice } from '../../../src/tasks/voices/identify-voice.js';
import { verifyFiles } from '../../../src/tasks/voices/verify-files.js';
import { openVoiceModel } from '../../../src/tasks/voices/voice-model.js';
import { modelOfStore, readStore } from '../../../src/tasks/voices/voice-store.js';

const features = featureOptions.parse({ bins: 40, normalize: 'none' });
const even = { pTarget: 0.5, cMiss: 1, cFalseAlarm: 1 };

const PROFILE: ScoringProfile = {
  scoring: scoringOptions.parse({}),
  calibration: { weight: 20, offset: -12, prior: 0.01, separable: false },
  development: { trials: 40, targets: 20, nontargets: 20, speakers: 5, eer: 0.1, minDcf: 0.5 },
  decisions: [{ ...even, threshold: 0.6, from: 'calibration', miss: 0.1, falseAlarm: 0.05 }],
  embeddings: { utterances: 1, speakers: 1, drawn: true },
  trained: {
    ...{
      corpora: ['librispeech'],
      language: 'English',
      speakers: 10,
      utterances: 100,
      hours: 1.5,
      sampleRates: [16000],
    },
    ...{ augmented: false, recipe: 'r', system: 's', seed: 1 },
  },
};

describe('voices', () => {
  let work: string;
  const path = (name: string) => join(work, name);
  const engine = engineOptions.parse({});

  /** A vowel of two formants, as unlike another as their pitches are: enough for a mean of log bands. */
  const voice = (file: string, formants: readonly number[], seconds = 3, rate = 16000) => {
    const samples = Float32Array.from({ length: seconds * rate }, (_, i) =>
      formants.reduce((sum, hz) => sum + 0.2 * Math.sin((2 * Math.PI * hz * i) / rate), 0),
    );
    writeWav(path(file), samples, rate);
    return path(file);
  };

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'acanet-voices-'));
    for (const dir of ['model', 'bare/average/x']) mkdirSync(path(dir), { recursive: true });
    writeScoringProfile(path('model'), PROFILE);
    [voice('low1.wav', [300, 900]), voice('low2.wav', [310, 910]), voice('high.wav', [2500, 5000])].forEach(existsSync);
    voice('mid.wav', [1200, 1700]);
    voice('telephone.wav', [300, 900], 3, 8000);
    writeWav(path('silent.wav'), new Float32Array(48000), 16000);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  const open = (dir = 'model', identity = dir) =>
    openVoiceModel({
      modelDir: path(dir),
      engine,
      library: {
        identityOf: () => Promise.resolve(identity),
        openEmbedder: () =>
          Promise.resolve({
            features,
            bins: 40,
            minFrames: 3,
            embed: ({ frames, bins, data }) => {
              const bands = Float32Array.from({ length: bins }, (_, bin) => {
                let sum = 0;
                for (let frame = 0; frame < frames; frame++) sum += data[frame * bins + bin];
                return sum / frames;
              });
              const mean = bands.reduce((sum, band) => sum + band / bins, 0);
              return Promise.resolve(bands.map((band) => band - mean));
            },
            close: () => Promise.resolve(),
          }),
      },
    });

  it('are compared in two files: score, ratio, decision', async () => {
    const model = await open();
    const same = await verifyFiles({ model, a: path('low1.wav'), b: path('low2.wav'), costs: even });
    const other = await verifyFiles({ model, a: path('low1.wav'), b: path('high.wav'), costs: even });
    for (const { score, decision } of [same, other]) {
      assert.equal(decision!.llr, 20 * score - 12);
      assert.equal(decision!.threshold, 0.6);
      assert.deepEqual(decision!.errors, { miss: 0.1, falseAlarm: 0.05 });
      assert.equal(decision!.same, score >= 0.6);
    }
    assert.deepEqual([same.decision!.same, other.decision!.same], [true, false]);
    const words = describeVerification(same);
    assert.match(
      words,
      /^These are the same speaker, as far as the model can tell\.\nscore: 0\.\d{4} \(cosine, from -1 to 1/,
    );
    assert.match(words, /times as likely from one speaker as from two \(log-likelihood ratio \d+\.\d\d\)/);
    assert.match(
      words,
      /from a score of 0\.6000 on, if one speaker is as likely as two .* 10 % .* rejected, and 5 % .* accepted/,
    );
    assert.match(words, /trained on librispeech \(English\): 10 speakers, 100 utterances, 1\.50 hours, 16000 Hz/);
    assert.match(
      describeVerification(other),
      /^These are two speakers, .*\n.*\n.*as likely from two speakers as from one/,
    );
  });

  it('need more for a rarer speaker: the threshold of theory', async () => {
    const model = await open();
    const files = { a: path('low1.wav'), b: path('low2.wav') };
    const costs = { pTarget: 0.01, cMiss: 2, cFalseAlarm: 1 };
    const { decision } = await verifyFiles({ model, ...files, costs });
    // llr ≥ ln(0.99 / 0.02)
    assert.ok(Math.abs(decision!.threshold! - (Math.log(0.99 / 0.02) + 12) / 20) < 1e-12);
    assert.equal(decision!.errors, undefined);
  });

  it('have a score only where the model folder carries no profile, and it is said what makes one', async () => {
    const model = await open('bare/average/x');
    const { decision, noCalibration } = await verifyFiles({
      model,
      a: path('low1.wav'),
      b: path('high.wav'),
      costs: even,
    });
    assert.equal(decision, undefined);
    assert.match(noCalibration!, /no calibration and no threshold, .*\n.*acanet pack --recipe bare --model x --work /);
  });

  for (const [file, message] of [
    ['silent.wav', /silent\.wav: is silent/],
    ['telephone.wav', /telephone\.wav: expected 16000 Hz, got 8000 Hz; pass --other-rates resample/],
    ['gone.wav', /gone\.wav: cannot be read/],
  ] as const) {
    it(`are not compared, and nothing is written: ${file}`, async () => {
      const model = await open();
      await assert.rejects(verifyFiles({ model, a: path('low1.wav'), b: path(file), costs: even }), message);
      const store = path('never');
      const voices = { model, store, name: 'ada', files: [path('low1.wav'), path(file)], existing: 'refuse' } as const;
      await assert.rejects(enrollVoice(voices), message);
      assert.equal(existsSync(store), false);
    });
  }

  describe('in a store', () => {
    let store: string;
    beforeEach(() => {
      store = mkdtempSync(path('store-'));
    });
    const enroll = async (name: string, files: string[], options: Partial<EnrollOptions> = {}) =>
      enrollVoice({
        ...{ model: await open(), store, name, files: files.map(path), existing: 'refuse' },
        ...options,
      });
    const identify = async (file: string, costs = even) =>
      identifyVoice({ model: await open(), voices: readStore(store), store, file: path(file), costs });

    it('are found, and are nobody where none is near enough', async () => {
      await enroll('Ada Lovelace', ['low1.wav']);
      await enroll('bob/../x', ['high.wav']);
      await enroll('.net', ['mid.wav']);
      await assert.rejects(enroll('語'.repeat(30), ['mid.wav']), /is too long for a file/);
      assert.ok(readStore(store).some(({ name }) => name === '.net'));
      rmSync(join(store, '%2Enet.json'));
      assert.deepEqual(readdirSync(store).sort(), ['Ada%20Lovelace.json', 'bob%2F..%2Fx.json']);
      const found = await identify('low2.wav');
      assert.equal(found.speaker, 'Ada Lovelace');
      assert.deepEqual(
        found.candidates.map(({ name }) => name),
        ['Ada Lovelace', 'bob/../x'],
      );
      // The prior is shared among two: llr ≥ ln(0.75 / 0.25).
      assert.ok(Math.abs(found.decision!.threshold! - (Math.log(3) + 12) / 20) < 1e-12);
      assert.match(describeIdentified(found, 1), /^This is Ada Lovelace, as far .* of 2 enrolled voices\.\nvoice /);
      const stranger = await identify('mid.wav');
      assert.equal(stranger.speaker, null);
      assert.match(describeIdentified(stranger, 5), /^This is none of the 2 enrolled voices/);
      assert.equal(modelOfStore(readStore(store), store), path('model'));
    });

    it('get more recordings, or others, only when asked; one that sounds otherwise is named', async () => {
      await enroll('ada', ['low1.wav', 'low2.wav']);
      await assert.rejects(enroll('ada', ['mid.wav']), /ada is enrolled already\n {2}--add .* --replace/);
      const { recordings, notes } = await enroll('ada', ['high.wav'], { existing: 'add' });
      assert.equal(recordings, 3);
      assert.deepEqual(notes, ['high.wav does not sound like the other recordings of this voice']);
      assert.equal((await enroll('ada', ['mid.wav'], { existing: 'replace' })).recordings, 1);
    });

    it('are not made by a slip of --add, and are one in either form of an accent', async () => {
      await enroll('\u00e9va', ['low1.wav']);
      await assert.rejects(
        enroll('eva', ['low2.wav'], { existing: 'add' }),
        /no voice "eva".*\n {2}--add is for a voice/,
      );
      assert.equal((await enroll('e\u0301va', ['low2.wav'], { existing: 'add' })).recordings, 2);
      assert.equal(readStore(store).length, 1);
    });

    it('take a channel of what has several, and the only one of what has one', async () => {
      await enroll('ada', ['low1.wav'], { channel: 1 });
      const model = await open();
      const found = await verifyFiles({ model, a: path('low1.wav'), b: path('low2.wav'), channel: 1, costs: even });
      assert.ok(found.score > 0.6);
    });

    it('say where a recording stands for two, or is of two voices as likely as of one', async () => {
      const { notes } = await enroll('ada', ['low1.wav', 'low1.wav']);
      assert.deepEqual(notes, ['low1.wav is the same recording as low1.wav, and counts twice']);
      await enroll('eve', ['low1.wav']);
      const found = await identify('low2.wav');
      assert.equal(found.speaker, 'ada');
      assert.ok(found.notes.includes('eve would be named too if ada were not enrolled; it may be either'));
    });

    it('are of one model: another is refused by its identity, in asking and in enrolling', async () => {
      await enroll('ada', ['low1.wav']);
      const model = await open('model', 'fedcba9876543210');
      const other = { model, voices: readStore(store), store, file: path('low2.wav'), costs: even };
      await assert.rejects(
        identifyVoice(other),
        /1 of its 1 voices were enrolled with another model .*not fedcba987654\)/,
      );
      await assert.rejects(enroll('bob', ['high.wav'], { model }), /were enrolled with another model/);
      assert.deepEqual(readdirSync(store), ['ada.json']);
    });

    it('are refused where a file is damaged, or the name is none', async () => {
      await enroll('ada', ['low1.wav']);
      const file = join(store, 'ada.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/"seconds": 3/, '"seconds": 4'));
      await assert.rejects(identify('low2.wav'), /ada\.json: damaged, something in it has changed/);
      writeFileSync(file, '{');
      await assert.rejects(identify('low2.wav'), /ada\.json: damaged, .*\n {2}enroll this voice again/);
      writeFileSync(file, '{"name":"ada"}');
      await assert.rejects(identify('low2.wav'), /ada\.json: damaged, not a voice/);
      assert.equal((await enroll('ada', ['low1.wav'], { existing: 'replace' })).recordings, 1, 'the advice works');
      copyFileSync(file, join(store, 'backup.json'));
      await assert.rejects(
        identify('low2.wav'),
        /backup\.json: holds the voice of ada, which belongs into ada\.json\n/,
      );
      rmSync(join(store, 'backup.json'));
      rmSync(file);
      await assert.rejects(identify('low2.wav'), /no voices are enrolled here\n.*acanet enroll/);
      await assert.rejects(enroll(' ', ['low1.wav']), /the name " " is empty/);
      assert.throws(() => readStore(path('nowhere')), /nowhere: no such store of voices/);
    });
  });
});
