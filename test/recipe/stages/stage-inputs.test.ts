/**
 * @file What a stage depends on, as hashed: work folders made earlier stay up to date only while these hashes stay.
 *
 * A change of them must be meant: it makes everybody's finished trainings out of date.
 */
import assert from 'node:assert/strict';
import { loadRecipe } from '../../../src/recipe/definition/load.js';
import { hashInput, inputOf } from '../../../src/recipe/running/stage-plan.js';
import { createStages } from '../../../src/recipe/stages/stages.js';
import { standInLibrary } from '../stand-in-library.js';

/** The first characters of each stage's input hash, where the stages before it have not been run. */
function inputHashes(recipe: string, sets: readonly string[] = []): Record<string, string> {
  const options = { recipe: loadRecipe(recipe, { sets }).recipe, workFolder: 'exp/none', library: standInLibrary() };
  return Object.fromEntries(
    createStages(options).map((stage) => [stage.name, hashInput(inputOf(stage, new Map())).slice(0, 12)]),
  );
}

const CASES: [string, string, string[], Record<string, string>][] = [
  [
    'demo',
    'demo',
    [],
    {
      prep: 'ca1dd8a2d1f4',
      features: 'f2e200c2b94f',
      'train/aca-net': 'c73da21594c7',
      'average/aca-net': '0a7d60663bb9',
      'embed/aca-net': '34627ac8dad0',
      'score/aca-net': 'd4002d7d8711',
      'score-dev/aca-net': '4a4d87df6bfc',
      'model/aca-net': '269b61712566',
      'calibrate/aca-net': 'ab891c9ee117',
      'train/ecapa-tdnn': '4fc2ecd37df9',
      'average/ecapa-tdnn': '07e699772ce6',
      'embed/ecapa-tdnn': '92032596e2dd',
      'score/ecapa-tdnn': 'ed93dc5f3e53',
      'score-dev/ecapa-tdnn': '957e557df904',
      'model/ecapa-tdnn': '7c9873f903cb',
      'calibrate/ecapa-tdnn': '3fabb3377a29',
      'cost/aca-net': 'f81fd4c0ca51',
      'cost/ecapa-tdnn': '64a99061b5ba',
      compare: 'c7a4731ed71e',
      report: '35cf428751ad',
    },
  ],
  [
    'a back-end, worse conditions, two seeds, features of one system',
    'demo',
    [
      'seeds=2',
      'systems.ecapa-tdnn.seeds=1',
      'scoring.type=plda',
      'scoring.normalize=as-norm',
      'robustness={durations: [1], snr: [10], noise: white}',
      'systems.ecapa-tdnn.features={preemphasis: 0.9}',
      'claim={eer: -0.05}',
    ],
    {
      prep: 'ca1dd8a2d1f4',
      features: 'f2e200c2b94f',
      'features@8d06d7c2': 'abca90bd1b35',
      'train/aca-net': 'c73da21594c7',
      'average/aca-net': '0a7d60663bb9',
      'embed/aca-net': '34627ac8dad0',
      'embed-train/aca-net': '393dfd0a296c',
      'score/aca-net': 'a404eaf5f82f',
      'score-dev/aca-net': 'b472693c0937',
      'model/aca-net': 'c0c251342c1c',
      'calibrate/aca-net': 'ab891c9ee117',
      'robustness/aca-net': '4fa41338fc12',
      'train/ecapa-tdnn': '8d7886aa01c0',
      'average/ecapa-tdnn': '394b88c2d6b0',
      'embed/ecapa-tdnn': '2bdb22d1ca5e',
      'embed-train/ecapa-tdnn': '0babc37312c3',
      'score/ecapa-tdnn': 'f7d61dc4e530',
      'score-dev/ecapa-tdnn': 'dc36cb234aa8',
      'model/ecapa-tdnn': '7e8b554479e6',
      'calibrate/ecapa-tdnn': '3fabb3377a29',
      'robustness/ecapa-tdnn': 'f4b8040ca49d',
      'train/aca-net@2': '7104996e400f',
      'average/aca-net@2': 'c34a56958472',
      'embed/aca-net@2': '100e616f6866',
      'embed-train/aca-net@2': '49485358fdc8',
      'score/aca-net@2': '201b103ed043',
      'score-dev/aca-net@2': '44f080898138',
      'model/aca-net@2': 'ff08dcf2427e',
      'calibrate/aca-net@2': '2d5ace4d83fb',
      'robustness/aca-net@2': '7a3f38733ccf',
      'cost/aca-net': 'f81fd4c0ca51',
      'cost/ecapa-tdnn': '64a99061b5ba',
      compare: '09ca8d4c63b1',
      report: '435ae94822c8',
    },
  ],
  [
    'a grid that does not use its test trials yet',
    'ablation-demo',
    ['evaluate=development'],
    {
      prep: 'a964db71e725',
      features: 'f2e200c2b94f',
      'features@51542106': '028782a23aa2',
      'train/aca-net': '668c30322337',
      'average/aca-net': '0a7d60663bb9',
      'score-dev/aca-net': '4a4d87df6bfc',
      'model/aca-net': '258392f9c96a',
      'train/aca-net+latents=32': '83feb22dcfb3',
      'average/aca-net+latents=32': '9a09af7fc88a',
      'score-dev/aca-net+latents=32': 'e45b643aba44',
      'model/aca-net+latents=32': 'b752cf1fc4c0',
      'train/aca-net+pooling=statistics': '0e1f9387136f',
      'average/aca-net+pooling=statistics': '4c3e955a1900',
      'score-dev/aca-net+pooling=statistics': 'd14c0c744ddf',
      'model/aca-net+pooling=statistics': '345bced1f344',
      'train/aca-net+pooling=attentive': '7ba7b6636e81',
      'average/aca-net+pooling=attentive': 'a0473cc01e7d',
      'score-dev/aca-net+pooling=attentive': 'fd3bceddd9e4',
      'model/aca-net+pooling=attentive': 'a077c3c52bce',
      'train/aca-net+mean=none': '2cc603c5fbf7',
      'average/aca-net+mean=none': 'fc9e82ac178a',
      'score-dev/aca-net+mean=none': '4c4f79725c58',
      'model/aca-net+mean=none': '2de93412e452',
      ablation: 'dc47fb0a5975',
      report: 'ea7cab95196d',
    },
  ],
  [
    'WSJ0',
    'wsj0',
    [],
    {
      prep: 'c82717dd906a',
      features: 'd67679597831',
      'train/aca-net': '22f8e813860b',
      'average/aca-net': '6bfa41c08e3a',
      'embed/aca-net': '34627ac8dad0',
      'score/aca-net': 'd4002d7d8711',
      'score-dev/aca-net': '4a4d87df6bfc',
      'model/aca-net': '1dee4a1aea48',
      'calibrate/aca-net': 'ab891c9ee117',
      'train/ecapa-tdnn': 'ce7a8740d0be',
      'average/ecapa-tdnn': '58a3b09d8947',
      'embed/ecapa-tdnn': '92032596e2dd',
      'score/ecapa-tdnn': 'ed93dc5f3e53',
      'score-dev/ecapa-tdnn': '957e557df904',
      'model/ecapa-tdnn': 'a1b7fb4ab2de',
      'calibrate/ecapa-tdnn': '3fabb3377a29',
      'cost/aca-net': 'f81fd4c0ca51',
      'cost/ecapa-tdnn': '64a99061b5ba',
      compare: 'dff95c9dd752',
      report: 'd28f1d2de00f',
    },
  ],
];

describe('what stages depend on', () => {
  for (const [title, recipe, sets, hashes] of CASES) {
    it(`has the hashes that it had before: ${title}`, () => {
      assert.deepEqual(inputHashes(recipe, sets), hashes);
    });
  }
});
