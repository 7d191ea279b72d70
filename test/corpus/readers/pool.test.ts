/**
 * @file Several corpora trained on together: names, splits, trials, exclusions, and everything a pool may get wrong.
 */
import assert from 'node:assert/strict';
import { UserError } from '../../../src/errors.js';
import type { Located } from '../../../src/configuration/located-yaml.js';
import { parseLocatedYaml } from '../../../src/configuration/located-yaml.js';
import { checkLocated } from '../../../src/configuration/schema-errors.js';
import { corpusOptions } from '../../../src/corpus/readers/registry.js';
import { type CorpusTree, corpusTree, idsOf, noteOf, prepare } from './corpus-tree.js';

describe('corpus pool', () => {
  let tree: CorpusTree;
  /** Two folders of recordings in which `anna` and `bert` are other people. */
  let home: Record<string, unknown>;
  let office: Record<string, unknown>;
  beforeEach(() => {
    tree = corpusTree();
    for (const speaker of ['anna', 'bert', 'carl', 'dora']) {
      for (const take of [1, 2]) {
        tree.wav(`home/${speaker}/${take}.wav`);
        tree.wav(`office/${speaker}/monday/${take}.wav`);
      }
    }
    home = { type: 'folder', source: tree.at('home'), testSpeakers: ['anna', 'bert'] };
    office = { type: 'folder', source: tree.at('office'), testSpeakers: ['anna', 'carl'] };
  });
  afterEach(() => tree.remove());

  const pool = (options: Record<string, unknown> = {}) =>
    prepare({ type: 'pool', of: { home, office }, ...options }, tree.root);

  it("puts the part's name before ids, speakers and sessions, and tests on the trials of all parts", async () => {
    const corpus = await pool();
    assert.deepEqual(idsOf(corpus, 'train'), [
      ...['home/carl/1', 'home/carl/2', 'home/dora/1', 'home/dora/2'],
      ...['office/bert/monday/1', 'office/bert/monday/2', 'office/dora/monday/1', 'office/dora/monday/2'],
    ]);
    const one = corpus.utterances.find(({ id }) => id === 'office/dora/monday/1')!;
    assert.deepEqual([one.speaker, one.session, one.corpus], ['office/dora', 'office/dora/monday', 'folder']);
    const alone = await Promise.all([home, office].map((part) => prepare(part)));
    assert.equal(corpus.trials!.length, alone[0].trials!.length + alone[1].trials!.length);
    // Nobody is compared across parts, where equal names say nothing.
    for (const { enroll, test } of corpus.trials!) assert.equal(enroll.split('/')[0], test.split('/')[0]);
    noteOf(
      corpus,
      /^home: 2 speakers with 4 utterances in training, 2 speakers with 4 utterances in the test, 6 trials$/,
    );
  });

  it('keeps the test speakers of parts that are not tested out of training, unless they are to be in it', async () => {
    const apart = await pool({ test: ['home'] });
    assert.deepEqual([idsOf(apart, 'train').length, idsOf(apart, 'test').length], [8, 4]);
    assert.ok(apart.trials!.every(({ enroll }) => enroll.startsWith('home/')));
    noteOf(apart, /^office: 2 speakers with 4 utterances of its test are neither trained on nor tested/);
    for (const options of [{ test: ['home'], trainOnTest: ['office'] }, { trainOnTest: ['office'] }]) {
      const all = await pool(options);
      assert.deepEqual([idsOf(all, 'train').length, idsOf(all, 'test').length], [12, 4]);
    }
  });

  it('leaves speakers out of training whose voices are tested in another part', async () => {
    const corpus = await pool({ test: ['home'], exclude: { office: ['bert', 'carl'] } });
    assert.deepEqual(
      idsOf(corpus, 'train').filter((id) => id.startsWith('office')),
      ['office/dora/monday/1', 'office/dora/monday/2'],
    );
    noteOf(
      corpus,
      /^office: 1 speaker with 2 utterances excluded from training; 1 more of those named would not be trained on anyway$/,
    );
    const trained = await pool({ trainOnTest: ['office'], exclude: { office: ['bert', 'carl'] } });
    noteOf(trained, /^office: 2 speakers with 4 utterances excluded from training$/);
  });

  it('takes names of digits as YAML gives them', async () => {
    for (const take of [1, 2]) tree.wav(`office/446/${take}.wav`);
    const corpus = await pool({ exclude: { office: [446] } });
    assert.ok(!idsOf(corpus, 'train').some((id) => id.includes('446')));
  });

  it('makes models of single utterances where another part enrolls models of several', async () => {
    tree.text('home/trials.txt', 'm bert/1 nontarget', 'm anna/2 target');
    tree.text('home/enroll.map', 'm anna/1');
    tree.text('office/trials.txt', 'anna/monday/1 anna/monday/2 target', 'anna/monday/1 carl/monday/2 nontarget');
    const { trials, enrolment } = await pool();
    assert.deepEqual(
      trials!.map(({ enroll }) => enroll),
      ['home/m', 'home/m', 'office/anna/monday/1', 'office/anna/monday/1'],
    );
    assert.deepEqual(
      [...enrolment!],
      [
        ['home/m', ['home/anna/1']],
        ['office/anna/monday/1', ['office/anna/monday/1']],
      ],
    );
  });

  const located = (text: string): Located => parseLocatedYaml(text, 'mine.yaml');
  for (const [what, text, message] of [
    [
      'an unknown key of a part',
      'of: { a: { type: folder, sorce: x } }',
      /unknown key "sorce" → at corpus.of.a \(did you mean "source"/,
    ],
    [
      'an unknown key of its own',
      'of: { a: { type: synth } }\ntset: [a]',
      /unknown key "tset" → at corpus \(did you mean "test"/,
    ],
    ['a pool in a pool', 'of: { a: { type: pool } }', /expected "cnceleb" or .*, got "pool" → at corpus.of.a.type/],
    ['a part without type', 'of: { a: { source: x } }', /missing key "type".* → at corpus.of.a/],
    ['no parts', 'of: {}', /expected the corpora that are pooled, by name; there is none → at corpus.of/],
    [
      'a name with a slash',
      'of: { a/b: { type: synth } }',
      /expected a name of letters, digits, - and _ → at corpus.of.a\/b/,
    ],
    [
      'an unknown part to test',
      'of: { a: { type: synth } }\ntest: [b]',
      /expected a part of the pool \(a\), got "b" → at corpus.test.0\n {2}mine.yaml:3/,
    ],
    [
      'an unknown part to exclude from',
      'of: { a: { type: synth } }\nexclude: { b: [c] }',
      /no part "b" in the pool: expected a → at corpus.exclude\n {2}mine.yaml:3/,
    ],
    [
      'a part that is both tested and trained on',
      'of: { a: { type: synth } }\ntest: [a]\ntrainOnTest: [a]',
      /expected a part whose test trials are not used/,
    ],
    [
      'a source of its own',
      'of: { a: { type: synth } }\nsource: x',
      /a pool has no source of its own: expected --set corpus.of.NAME.source=… for a part, got "x"/,
    ],
  ] as const) {
    it(`refuses ${what}, at its place`, () => {
      assert.throws(
        () => checkLocated(corpusOptions, located(`type: pool\n${text}`), ['corpus']),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('refuses speakers to exclude who are not there, and parts that nothing is trained on', async () => {
    await assert.rejects(
      pool({ exclude: { home: ['emil', 'dora'] } }),
      /^UserError: corpus.exclude.home: 1 speaker is not in the part: emil\nIts 4 speakers are anna, bert, carl, dora/,
    );
    await assert.rejects(
      pool({ exclude: { home: ['carl', 'dora'] } }),
      /^UserError: corpus.of.home: the part has no training utterances but those of the 2 speakers in corpus.exclude.home/,
    );
  });

  it('names part and key where a reader complains', async () => {
    home = { type: 'folder' };
    await assert.rejects(
      pool(),
      /^UserError: part home of the pool: corpus.of.home.source is not set: .*\nPass --set corpus.of.home.source=DIR.$/,
    );
  });

  it('carries the marks of partial parts', async () => {
    tree.text('home/trials.txt', 'anna/1 anna/2 target', 'anna/1 bert/1 nontarget');
    assert.equal((await pool()).partial, undefined);
    for (const id of ['011c0201', '012c0201', '011o0301', '012o0301', '050a0501', '050a0502', '440c0401'])
      tree.wav(`wsj/${id}.wav`, 0.2);
    const listed = (ids: string[]) => ids.map((id) => `${id} /x/${id}.wav`);
    tree.text(
      'lists/tr/ref.scp',
      ...listed(['011c0201_1.5_012c0201_-1.5_011c0202', '012c0201_1.5_011c0201_-1.5_012c0202']),
    );
    tree.text('lists/cv/ref.scp', ...listed(['011o0301_1.5_012o0301_-1.5_011c0202']));
    tree.text('lists/enrol/mix.scp', ...listed(['050a0501', '440c0401']));
    tree.text(
      'lists/trials_1talker/trials',
      '050a0501 050a0502_050a0501 target',
      '440c0401 050a0502_440c0401 nontarget',
    );
    office = { type: 'wsj0', source: tree.at('wsj'), lists: tree.at('lists') };
    assert.match((await pool()).partial!, /^office: partial WSJ0-1talker: 2 of 51,000 trials/);
  });
});
