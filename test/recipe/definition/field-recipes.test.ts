/** @file The recipes for VoxCeleb, CN-Celeb and LibriSpeech on a few files in the layouts in which these are released. */
import assert from 'node:assert/strict';
import { holdOutDevelopment } from '../../../src/corpus/trials/development.js';
import { prepareCorpus } from '../../../src/corpus/readers/registry.js';
import { readLabels } from '../../../src/corpus/manifest/labels.js';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { trainingSizes } from '../../../src/recipe/comparison/training-sizes.js';
import { resolveSystems } from '../../../src/recipe/definition/system-settings.js';
import { sliceTrials } from '../../../src/scoring/scores/slices.js';
import { tableOfTrials } from '../../../src/scoring/scores/trial-table.js';
import { stepsPerEpoch } from '../../../src/training/sampler.js';
import { corpusTree, type CorpusTree } from '../../corpus/readers/corpus-tree.js';

describe('recipes of the field’s corpora', () => {
  let tree: CorpusTree;
  beforeEach(() => (tree = corpusTree()));
  afterEach(() => tree.remove());

  const ids = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => `id${String(from + i).padStart(5, '0')}`);
  const read = async (name: string, ...sets: string[]) => {
    const { recipe } = loadRecipe(name, { sets: [...sets, 'development.speakers=2'] });
    const corpus = await prepareCorpus(recipe.corpus, { audioDir: tree.root });
    const { utterances, trials } = holdOutDevelopment(corpus.utterances, recipe.development);
    const speakersOf = (split: string) =>
      new Set(utterances.filter((utterance) => utterance.split === split).map(({ speaker }) => speaker)).size;
    return {
      speakers: ['train', 'dev', 'test'].map(speakersOf),
      trials: corpus.trials?.length,
      devTrials: trials.length > 0,
      notes: corpus.notes.join('\n'),
    };
  };
  const voxceleb = (folder: string, id: string) => {
    for (const file of ['aaaaaaaaaaa/00001', 'bbbbbbbbbbb/00002']) tree.wav(`${folder}/${id}/${file}.wav`);
  };

  it('voxceleb: trained on VoxCeleb2 dev, tested by the list of VoxCeleb1-O', async () => {
    for (const id of ids(10270, 2)) voxceleb('vox1/vox1_test_wav/wav', id);
    for (const id of ids(12, 5)) voxceleb('vox2/dev/aac', id);
    const [a, b] = ids(10270, 2);
    tree.text(
      'vox1/veri_test2.txt',
      `1 ${a}/aaaaaaaaaaa/00001.wav ${a}/bbbbbbbbbbb/00002.wav`,
      `0 ${a}/aaaaaaaaaaa/00001.wav ${b}/bbbbbbbbbbb/00002.wav`,
    );
    const got = await read('voxceleb', `corpus.source=${tree.at('vox1')}`, `corpus.source2=${tree.at('vox2')}`);
    assert.deepEqual([got.speakers, got.trials, got.devTrials], [[3, 2, 2], 2, true]);
    // A list of two trials is not the published one, and that is said.
    assert.match(got.notes, /O-cleaned/);
  });

  it('cnceleb: trained on both parts, or on CN-Celeb1 alone', async () => {
    const pieces = ['singing-01-001', 'vlog-02-001'];
    for (const id of ids(0, 4)) for (const piece of pieces) tree.wav(`one/CN-Celeb_flac/data/${id}/${piece}.wav`);
    for (const id of ids(10000, 3)) for (const piece of pieces) tree.wav(`two/CN-Celeb2_flac/data/${id}/${piece}.wav`);
    tree.text('one/CN-Celeb_flac/dev/dev.lst', ...ids(0, 4));
    tree.text('two/CN-Celeb2_flac/spk.lst', ...ids(10000, 3));
    for (const id of ids(800, 2)) {
      tree.wav(`one/CN-Celeb_flac/eval/enroll/${id}-enroll.wav`);
      tree.wav(`one/CN-Celeb_flac/eval/test/${id}-singing-01-001.wav`);
    }
    const trial = (model: string, test: string, label: number) =>
      `${model}-enroll test/${test}-singing-01-001.wav ${label}`;
    const [a, b] = ids(800, 2);
    tree.text('one/CN-Celeb_flac/eval/lists/enroll.lst', ...[a, b].map((id) => `${id}-enroll enroll/${id}-enroll.wav`));
    tree.text('one/CN-Celeb_flac/eval/lists/trials.lst', trial(a, a, 1), trial(a, b, 0), trial(b, b, 1));
    const one = `corpus.source=${tree.at('one')}`;
    const { speakers, trials } = await read('cnceleb', one, `corpus.source2=${tree.at('two')}`);
    assert.deepEqual([speakers, trials], [[5, 2, 2], 3]);
    assert.deepEqual((await read('cnceleb', one)).speakers, [2, 2, 2]);
  });

  it('librispeech: all training subsets that are there, tested on the test subsets', async () => {
    const subset = (name: string, speakers: number[]) => {
      for (const speaker of speakers) {
        for (const chapter of [100, 200]) {
          for (const number of ['0000', '0001']) {
            tree.wav(`LibriSpeech/${name}/${speaker}/${chapter}/${speaker}-${chapter}-${number}.wav`);
          }
        }
      }
    };
    subset('train-clean-100', [11, 12, 13]);
    subset('train-other-500', [21, 22]);
    subset('test-clean', [31, 32]);
    subset('test-other', [41]);
    subset('dev-clean', [51]);
    const line = (speaker: number, name: string) =>
      `${speaker} | ${speaker % 2 ? 'F' : 'M'} | ${name} | 25.0 | Someone`;
    tree.text(
      'LibriSpeech/SPEAKERS.TXT',
      ';ID |SEX| SUBSET |MINUTES| NAME',
      ...[11, 12, 13].map((speaker) => line(speaker, 'train-clean-100')),
      ...[21, 22].map((speaker) => line(speaker, 'train-other-500')),
      ...[31, 32].map((speaker) => line(speaker, 'test-clean')),
      ...[line(41, 'test-other'), line(51, 'dev-clean')],
    );
    const got = await read('librispeech', `corpus.source=${tree.at('LibriSpeech')}`);
    assert.deepEqual([got.speakers, got.devTrials], [[3, 2, 3], true]);
    const clean = await read(
      ...(['librispeech', `corpus.source=${tree.at('LibriSpeech')}`] as const),
      'corpus.test=[test-clean]',
    );
    assert.deepEqual(clean.speakers, [3, 2, 2]);
  });

  it('speechocean-comparison: one half trains and the other is tested, in both directions, adults and children apart', async () => {
    const speakers = Array.from({ length: 8 }, (_, i) => ({
      name: `s${i}`,
      half: i % 2,
      group: i < 6 ? 'child' : 'adult',
    }));
    const utterances = speakers.flatMap(({ name, half }) =>
      ['1', '2'].map((nth) => ({ id: `${name}-${nth}`, name, half })),
    );
    for (const { id, name } of utterances) tree.wav(`${name}/${id}.wav`);
    tree.text('speakers.csv', 'speaker,group', ...speakers.map(({ name, group }) => `${name},${group}`));
    for (const [fold, trains] of [
      ['a-to-b', 0],
      ['b-to-a', 1],
    ] as const) {
      const row = ({ id, name, half }: (typeof utterances)[number]) =>
        `${id},${name},${name}/${id}.wav,f,${half === trains ? 'train' : 'test'}`;
      tree.text(`${fold}.csv`, 'id,speaker,path,gender,split', ...utterances.map(row));
      const [one, two, , adult] = speakers.filter(({ half }) => half !== trains).map(({ name }) => name);
      const pairs = [
        [one, one],
        [two, two],
        [adult, adult],
        [one, two],
      ];
      tree.text(`${fold}.trials`, ...pairs.map(([a, b]) => `${a}-1 ${b}-2 ${a === b ? 'target' : 'nontarget'}`));
      const { recipe } = loadRecipe('speechocean-comparison', {
        fold,
        sets: [
          `folds.${fold}.corpus.source=${tree.at(`${fold}.csv`)}`,
          `folds.${fold}.corpus.trials=${tree.at(`${fold}.trials`)}`,
          `slices.labels=${tree.at('speakers.csv')}`,
          'development.speakers=2',
        ],
      });
      const corpus = await prepareCorpus(recipe.corpus, { audioDir: tree.root });
      const tested = new Set(corpus.utterances.filter(({ split }) => split === 'test').map(({ speaker }) => speaker));
      assert.deepEqual(
        [...tested],
        speakers.filter(({ half }) => half !== trains).map(({ name }) => name),
      );
      assert.deepEqual(recipe.slices!.by, ['group', 'gender']);
      const table = tableOfTrials(corpus.trials!);
      const labels = readLabels(recipe.slices!.labels!);
      const sides = table.ids.map((id) => {
        const utterance = corpus.utterances.find((each) => each.id === id)!;
        return { ...utterance, sessions: [], paths: [], labels: labels.of(utterance) };
      });
      assert.deepEqual(
        sliceTrials(table, 'group', sides).map(({ name, trials }) => [name, trials.length]),
        [
          ['adult', 1],
          ['child', 3],
        ],
      );
    }
  });

  it('speechocean-comparison: systems in four conditions, some with fewer training speakers, each a row of its own', () => {
    const { recipe } = loadRecipe('speechocean-comparison', { fold: 'a-to-b' });
    const settings = resolveSystems(recipe);
    const names = [...settings.keys()].filter((name) => settings.has(`${name}-mean`) && !/-augmented$/.test(name));
    const sizes = trainingSizes(settings, 105);
    const smaller = [...settings.keys()].filter((name) => name.endsWith('-speakers'));
    const phased = [...settings.keys()].filter((name) => name.endsWith('-large-margin'));
    const asTheyAre = ['aca-small', 'ecapa-tdnn-18-epochs', 'aca-net-plus-18-epochs'];
    assert.equal(settings.size, 4 * names.length + smaller.length + phased.length + asTheyAre.length);
    for (const name of smaller) {
      const [, as, speakers] = /^(.+)-(\d+)-speakers$/.exec(name)!;
      assert.deepEqual(sizes.get(name), { speakers: Number(speakers), as });
      assert.deepEqual(sizes.get(as), { speakers: 105, as });
      const steps = [as, name].map((each) => stepsPerEpoch(2100, settings.get(each)!.training));
      assert.deepEqual(steps, [132, 132]);
    }
    for (const name of names) {
      const plain = settings.get(name)!;
      for (const [row, normalize, augmented] of [
        ['', 'global', false],
        ['-mean', 'mean', false],
        ['-augmented', 'global', true],
        ['-mean-augmented', 'mean', true],
      ] as const) {
        const { model, training, features, augmentation } = settings.get(name + row)!;
        assert.deepEqual({ model, training }, { model: plain.model, training: plain.training });
        assert.deepEqual([features.normalize, augmentation !== null], [normalize, augmented], name + row);
      }
    }
  });
});
