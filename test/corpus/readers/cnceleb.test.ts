/** @file CN-Celeb's folders and lists in small: who is trained on, how enrolment ids are files, what is left out. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { corpusTree, idsOf, noteOf, prepare, type CorpusTree } from './corpus-tree.js';

describe('corpus cnceleb', () => {
  let tree: CorpusTree;
  beforeEach(() => {
    tree = corpusTree();
    const root = 'CN-Celeb_flac';
    for (const speaker of ['id00000', 'id00001', 'id00800']) {
      for (const name of ['singing-01-001', 'singing-01-002', 'vlog-02-001']) {
        tree.wav(`${root}/data/${speaker}/${name}.wav`);
      }
    }
    tree.text(`${root}/dev/dev.lst`, 'id00000\r', 'id00001\r');
    for (const speaker of ['id00800', 'id00801']) {
      tree.wav(`${root}/eval/enroll/${speaker}-enroll.wav`);
      tree.wav(`${root}/eval/test/${speaker}-singing-01-001.wav`);
    }
    // The lists say .flac or .wav whatever the files are.
    tree.text(
      `${root}/eval/lists/enroll.lst`,
      'id00800-enroll enroll/id00800-enroll.flac',
      'id00801-enroll enroll/id00801-enroll.flac',
    );
    tree.text(
      `${root}/eval/lists/trials.lst`,
      'id00800-enroll test/id00800-singing-01-001.flac 1',
      'id00800-enroll test/id00801-singing-01-001.flac 0',
    );
  });
  afterEach(() => tree.remove());
  const read = (options: Record<string, unknown> = {}) => prepare({ type: 'cnceleb', source: tree.root, ...options });

  it('trains on the listed speakers and tests by the lists', async () => {
    const corpus = await read();
    assert.deepEqual(
      idsOf(corpus, 'train'),
      ['id00000', 'id00001'].flatMap((id) => [`${id}-singing-01-001`, `${id}-singing-01-002`, `${id}-vlog-02-001`]),
    );
    assert.deepEqual(idsOf(corpus, 'test'), [
      'id00800-enroll',
      'id00800-singing-01-001',
      'id00801-enroll',
      'id00801-singing-01-001',
    ]);
    assert.deepEqual(corpus.trials, [
      { enroll: 'id00800-enroll', test: 'id00800-singing-01-001', target: true },
      { enroll: 'id00800-enroll', test: 'id00801-singing-01-001', target: false },
    ]);
    const sessions = corpus.utterances.filter(({ speaker }) => speaker === 'id00000').map(({ session }) => session);
    assert.deepEqual(sessions, ['id00000/singing-01', 'id00000/singing-01', 'id00000/vlog-02']);
    assert.ok(
      corpus.notes.includes('not trained on: 3 recordings of 1 speakers that are not in dev.lst'),
      corpus.notes.join('\n'),
    );
    assert.match(noteOf(corpus, /^trials: /), /^trials: 2 of trials\.lst, SHA-256 /);
  });

  it('trains on CN-Celeb2 too', async () => {
    tree.wav('two/CN-Celeb2_flac/data/id10000/drama-01-001.wav');
    const all = await read({ source2: tree.at('two') });
    assert.ok(idsOf(all, 'train').includes('id10000-drama-01-001'));
    assert.match(noteOf(all, /^no .*spk\.lst/), /all 1 speakers of .* are trained on/);
    tree.text('two/CN-Celeb2_flac/spk.lst', 'id10000', 'id10001');
    await assert.rejects(
      read({ source2: tree.at('two') }),
      /spk\.lst: 1 of its 2 speakers have no recordings in .*:\n {2}id10001\n/,
    );
  });

  it('enrols by the recordings that the map names, where asked or where there are no such files', async () => {
    const root = 'CN-Celeb_flac';
    tree.wav(`${root}/data/id00801/vlog-02-001.wav`);
    tree.text(
      `${root}/eval/lists/enroll.map`,
      // The second recording is tested too; the third model is in no trial.
      'id00800-enroll id00800/singing-01-002.flac id00800/singing-01-001.flac',
      'id00801-enroll id00801/vlog-02-001.flac',
      'id00802-enroll id00802/vlog-02-001.flac',
    );
    tree.text(
      `${root}/eval/lists/trials.lst`,
      'id00800-enroll test/id00800-singing-01-001.flac 1',
      'id00801-enroll test/id00800-singing-01-001.flac 0',
    );
    const asked = await read({ enroll: 'parts' });
    rmSync(tree.at(root, 'eval/enroll'), { recursive: true });
    const corpus = await read();
    assert.deepEqual(corpus, asked);
    assert.deepEqual(idsOf(corpus, 'test'), [
      'id00800-singing-01-001',
      'id00800-singing-01-002',
      'id00801-singing-01-001',
      'id00801-vlog-02-001',
    ]);
    assert.deepEqual(
      corpus.enrolment,
      new Map([
        ['id00800-enroll', ['id00800-singing-01-002', 'id00800-singing-01-001']],
        ['id00801-enroll', ['id00801-vlog-02-001']],
      ]),
    );
    assert.deepEqual(corpus.trials?.[1], { enroll: 'id00801-enroll', test: 'id00800-singing-01-001', target: false });
    rmSync(tree.at(root, 'data/id00801/vlog-02-001.wav'));
    await assert.rejects(read(), /enroll\.map: 1 recordings of models are not in .*data.*id00801-enroll: id00801/s);
    rmSync(tree.at(root, 'eval/lists/enroll.map'));
    await assert.rejects(read(), /enroll\.map: no such file; it says of which recordings a model is/);
  });

  it('names what is not there', async () => {
    await assert.rejects(
      read({ source: tree.at('CN-Celeb_flac/data') }),
      /expected CN-Celeb's folder, with eval\/lists in it/,
    );
    await assert.rejects(read({ source2: tree.at('CN-Celeb_flac') }), /corpus\.source2: .* is corpus\.source itself\n/);
    tree.text('CN-Celeb_flac/dev/dev.lst', 'id00000', 'id00800');
    await assert.rejects(
      read(),
      /dev\.lst: 1 speaker of the evaluation would be trained on:\n.*id00800\nTake them out/,
    );
    rmSync(tree.at('CN-Celeb_flac/dev/dev.lst'));
    await assert.rejects(read(), /1 speaker of the evaluation would be trained on:\n.*\nThis list is missing/);
    tree.text('CN-Celeb_flac/dev/dev.lst', 'id00000', 'id00001');
    rmSync(tree.at('CN-Celeb_flac/eval/enroll/id00800-enroll.wav'));
    await assert.rejects(read(), /trials\.lst: 1 id is not in the manifest: id00800-enroll\n/);
    tree.text('CN-Celeb_flac/eval/lists/enroll.lst', 'id00800-enroll a.flac b.flac');
    await assert.rejects(read(), /enroll\.lst:1: expected a model and its one file, got 3 fields/);
  });
});
