/** @file Ids of lists that name the same audio in other words: found where one meaning is possible, never guessed. */
import assert from 'node:assert/strict';
import { mapIds } from '../../../src/corpus/trials/id-mapping.js';

/** What each id means stands at its place among the known ones. */
const CASES: [title: string, wanted: string[], known: string[], said: RegExp | undefined][] = [
  ['the same ids', ['a', 'b'], ['a', 'b', 'c'], undefined],
  ['an extension in the list', ['a.wav', 'b.flac'], ['a', 'b'], /without file extensions: a\.wav is a$/],
  ['an extension of the audio', ['a', 'b'], ['a.wav', 'b.m4a'], /a is a\.wav$/],
  [
    'paths of VoxCeleb, ids of Kaldi',
    ['id10001/abc/00001.wav', 'id10002/x/00001.wav'],
    ['id10001-abc-00001', 'id10002-x-00001'],
    /"\/" and "-" alike: id10001\/abc\/00001\.wav is id10001-abc-00001$/,
  ],
  [
    'leading folders in the list',
    ['data/wav/id1/a/1.wav', 'data/wav/id2/a/1.wav'],
    ['id1-a-1', 'id2-a-1', 'id3-a-1'],
    /without leading folders/,
  ],
  [
    'leading folders of the audio',
    ['id1/a/1', 'id2/a/1'],
    ['vox1/wav/id1/a/1.wav', 'vox1/wav/id2/a/1.wav'],
    /without leading folders/,
  ],
  [
    'a folder for each speaker in the list only',
    ['s1/0001.wav', 's2/0002.wav'],
    ['0001', '0002'],
    /without leading folders/,
  ],
  ['a leading hyphen, as in names of YouTube', ['id1/-xY/1.wav', 'id1/xY/1.wav'], ['id1--xY-1', 'id1-xY-1'], /ext/],
];

describe('ids in other words', () => {
  for (const [title, wanted, known, said] of CASES) {
    it(`are found: ${title}`, () => {
      const mapping = mapIds(wanted, known);
      assert.deepEqual(mapping.missing, []);
      assert.deepEqual(
        [...mapping.known],
        wanted.map((id, i) => [id, known[i]]),
      );
      if (said) assert.match(mapping.said!, said);
      else assert.equal(mapping.said, undefined);
    });
  }

  it('are not guessed where two recordings fit', () => {
    const { missing, ambiguous } = mapIds(['1.wav', '2.wav'], ['s1/1', 's2/1', 's1/2']);
    assert.deepEqual(missing, ['1.wav']);
    assert.deepEqual(ambiguous.get('1.wav'), ['s1/1', 's2/1']);
  });

  it('are not one recording under two ids', () => {
    assert.deepEqual(mapIds(['x/1.wav', 'y/1.wav'], ['1']).missing, ['y/1.wav']);
  });

  it('are not found under the folder of another speaker', () => {
    for (const [wanted, known] of [
      [
        ['21-200-0001', '22-201-0002'],
        ['14-200-0001', '17-201-0002'],
      ],
      [
        ['alice/1', 'bob/2'],
        ['dave/1', 'erin/2', 'frank/3'],
      ],
      [['wav/id1/a/1.wav'], ['vox/id2/a/1.wav']],
    ])
      assert.deepEqual(mapIds(wanted, known).missing, wanted);
  });

  it('are those with which they agree in most parts', () => {
    assert.deepEqual([...mapIds(['wav/a/1.wav', 'wav/b/2.wav'], ['a-1', 'b-2', '1']).known.values()], ['a-1', 'b-2']);
  });

  it('may be spelt in two ways in one list', () => {
    const known = ['en/1', 'en/2'];
    for (const wanted of [
      ['en/1.wav', 'en/2', 'en/2.wav'],
      ['wav/en/1', 'en/2', 'wav/en/2'],
    ]) {
      const mapping = mapIds(wanted, known);
      assert.deepEqual(mapping.missing, []);
      assert.deepEqual([...mapping.known.values()], ['en/1', 'en/2', 'en/2']);
    }
  });

  it('are named under the rule that finds most', () => {
    const { missing, known } = mapIds(['id1/a/1.wav', 'id2/a/1.wav', 'id9/a/1.wav'], ['id1-a-1', 'id2-a-1']);
    assert.deepEqual([missing, known.size], [['id9/a/1.wav'], 2]);
  });

  it('take time in proportion to their number', () => {
    const known = Array.from({ length: 20_000 }, (_, i) => `vox/id${i % 997}/v${i}/00001.wav`);
    const wanted = known.map((id) => id.slice(4, -4));
    const used = process.cpuUsage();
    assert.equal(mapIds(wanted, known).known.size, 20_000);
    // A comparison of each with each would be 4·10^8 steps.
    assert.ok(process.cpuUsage(used).user < 10e6);
  });
});
