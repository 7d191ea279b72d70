/** @file Tables of utterances: columns by usual or given names, delimiters, SpeechBrain's tables, and bad lines. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { corpusTree, idsOf, noteOf, prepare, type CorpusTree } from './corpus-tree.js';

describe('corpus csv', () => {
  let tree: CorpusTree;
  beforeEach(() => {
    tree = corpusTree();
    for (const speaker of ['ann', 'bob', 'cy', 'dee']) {
      for (const number of [1, 2]) tree.wav(`audio/${speaker}/${number}.wav`, 1);
    }
  });
  afterEach(() => tree.remove());
  const speakers = ['ann', 'bob', 'cy', 'dee'];
  const rows = (make: (speaker: string, number: number) => string) =>
    speakers.flatMap((speaker) => [make(speaker, 1), make(speaker, 2)]);
  const read = (options: Record<string, unknown> = {}) =>
    prepare({ type: 'csv', source: tree.at('table.csv'), ...options });

  it('finds usual columns, and takes split, gender and session from them', async () => {
    tree.text(
      'table.csv',
      'Speaker,Path,Gender,session,split,text',
      ...rows(
        (s, n) =>
          `${s},audio/${s}/${n}.wav,${s === 'bob' ? 'Male' : 'F'},${s}-day${n},${s < 'cy' ? 'train' : 'TEST'},"a, ""b"""`,
      ),
    );
    const corpus = await read();
    assert.deepEqual(idsOf(corpus, 'train'), ['audio/ann/1', 'audio/ann/2', 'audio/bob/1', 'audio/bob/2']);
    assert.equal(idsOf(corpus, 'test').length, 4);
    const { gender, session, duration, path } = corpus.utterances[2];
    assert.deepEqual(
      { gender, session, duration, path },
      { gender: 'm', session: 'bob-day1', duration: 1, path: tree.at('audio/bob/1.wav') },
    );
    assert.match(noteOf(corpus, /not used/), /table\.csv: columns not used: text$/);
  });

  it('refuses test speakers that are not there, or that the table puts elsewhere', async () => {
    tree.text('table.csv', 'speaker,path,split', ...rows((s, n) => `${s},audio/${s}/${n}.wav,${s < 'cy' ? 'train' : 'test'}`)); // prettier-ignore
    await assert.rejects(read({ testSpeakers: ['nobody'] }), /testSpeakers: no such speaker in .*: .*nobody/);
    await assert.rejects(read({ testSpeakers: ['ann'] }), /testSpeakers: the corpus itself puts ann into train \(/);
    assert.equal(idsOf(await read({ testSpeakers: ['cy'] }), 'test').length, 4);
  });

  it('makes ids of paths that begin with dots', async () => {
    tree.text('table.csv', 'speaker,path', ...rows((s, n) => `${s},./audio/${s}/${n}.wav`));
    const { utterances } = await read({ testSpeakers: ['ann', 'bob'] });
    assert.ok(utterances.some(({ id }) => id === 'audio/ann/1'));
  });

  for (const [name, delimiter] of Object.entries({ semicolon: ';', tab: '\t', comma: ',' })) {
    it(`tells a ${name} as the delimiter, and takes columns that are named`, async () => {
      tree.text(
        'table.csv',
        ['file name', 'who', 'speaker'].join(delimiter),
        ...rows((s, n) => [`audio/${s}/${n}.wav`, s, 'no'].join(delimiter)),
      );
      const { utterances } = await read({
        columns: { path: 'file name', speaker: 'who' },
        testSpeakers: ['ann', 'bob'],
      });
      assert.deepEqual([...new Set(utterances.map(({ speaker }) => speaker))], speakers);
    });
  }

  it('takes quotes for text in a table with tabs, as Common Voice writes them, and within fields of any table', async () => {
    // A quote that opens in one row and closes in another, one within the text, one alone.
    const texts = ['"one', 'two"', 'she said "yes"', '5" tape', '""', '"', 'plain', '"all of it"'];
    const table = (delimiter: string, of: readonly string[]) =>
      [
        'client_id\tpath\tsentence\tgender',
        ...rows((s, n) => `${s}\taudio/${s}/${n}.wav\t${of[2 * speakers.indexOf(s) + n - 1]}\tmale`),
      ]
        .join('\n')
        .replaceAll('\t', delimiter);
    const within = ['say "hi"', '5" tape', 'a', 'b "c" d "e', '""', 'plain', '"all, of it"', '"a ""b"" c"'];
    for (const text of [table('\t', texts), table(',', within), table(';', within)]) {
      tree.text('table.csv', text);
      const { utterances } = await read({ testSpeakers: ['ann', 'bob'] });
      assert.deepEqual(
        utterances.map(({ path, speaker, gender }) => [path, speaker, gender]),
        rows((s, n) => `${s}/${n}`).map((name) => [tree.at(`audio/${name}.wav`), name.split('/')[0], 'm']),
      );
    }
  });

  it('unquotes the fields of a table with tabs whose header is quoted', async () => {
    tree.text('table.csv', '"speaker"\t"path"', ...rows((s, n) => `"${s}"\t"audio/${s}/${n}.wav"`));
    assert.equal((await read({ testSpeakers: ['ann', 'bob'] })).utterances.length, 8);
  });

  it('refuses a quoted field that would swallow rows, and reads one that goes over lines', async () => {
    const texts = ['"one', 'two"', 'c', 'd', 'e', 'f', 'g', 'h'];
    const table = (of: readonly string[]) =>
      rows((s, n) => `${s},audio/${s}/${n}.wav,${of[2 * speakers.indexOf(s) + n - 1]},male`);
    tree.text('table.csv', 'speaker,path,text,gender', ...table(texts));
    await assert.rejects(read(), /table\.csv:3: a quoted field goes over 2 lines, which look like rows of their own/);
    tree.text('table.csv', 'speaker,path,text,gender', ...table(['"one\nand two"', ...texts.slice(2), 'i']));
    assert.equal((await read({ testSpeakers: ['ann', 'bob'] })).utterances.length, 8);
  });

  it("reads SpeechBrain's tables, whose start and stop are samples", async () => {
    const header = 'ID,duration,wav,start,stop,spk_id';
    const row = (s: string, n: number) => `${s}--${n}_0.0_0.5,1.0,$data_root/${s}/${n}.wav,2000,6000,${s}`;
    tree.text('train.csv', header, ...['ann', 'bob'].flatMap((s) => [row(s, 1), row(s, 2)]));
    tree.text('test.csv', header, ...['cy', 'dee'].flatMap((s) => [row(s, 1), row(s, 2)]));
    const options = { source: undefined, train: tree.at('train.csv'), test: [tree.at('test.csv')] };
    const corpus = await read({ ...options, root: tree.at('audio') });
    assert.equal(idsOf(corpus, 'test').length, 4);
    const { id, offset, duration } = corpus.utterances[0];
    assert.deepEqual({ id, offset, duration }, { id: 'ann--1_0.0_0.5', offset: 0.25, duration: 0.5 });
    assert.match(noteOf(corpus, /SpeechBrain/), /start and stop are samples/);
    await assert.rejects(
      read(options),
      /train\.csv:2: the path begins with \$data_root; say what it stands for: --set corpus\.root=DIR/,
    );
  });

  it('reads pieces given by start and duration, Windows line endings and gzip', async () => {
    const lines = [
      '\uFEFFid,speaker,path,offset,duration',
      ...rows((s, n) => `${s} ${n},${s},audio/${s}/${n}.wav,0.25,0.5`),
    ];
    writeFileSync(tree.at('table.csv'), gzipSync(lines.join('\r\n')));
    const { utterances } = await read({ testSpeakers: ['ann', 'bob'] });
    const { id, offset, duration } = utterances[0];
    assert.deepEqual({ id, offset, duration }, { id: 'ann_1', offset: 0.25, duration: 0.5 });
  });

  it('lists the rows that are wrong, not only the first', async () => {
    tree.text('table.csv', 'speaker,path,offset', 'ann,a.wav', 'ann,b.wav,soon', 'ann,c.wav,0', ',d.wav,0');
    await assert.rejects(
      read(),
      /table\.csv: 3 of 4 rows are no utterances:\n.*:2: expected 3 fields.*\n.*:3: expected a number.*\n.*:5: expected a speaker/,
    );
  });

  it('names the line and the column of what is wrong', async () => {
    const good = rows((s, n) => `${s},audio/${s}/${n}.wav,0`);
    for (const [header, line, message] of [
      [
        'speaker,path,offset',
        'ann,audio/ann/1.wav',
        /table\.csv:10: expected 3 fields, as the header has, got 2: "ann,audio\/ann\/1\.wav"/,
      ],
      [
        'speaker,path,offset',
        'ann,audio/ann/1.wav,soon',
        /table\.csv:10: expected a number in the column of offset, got "soon"/,
      ],
      ['speaker,path,offset', 'ann,,0', /table\.csv:10: expected a speaker and a path, got/],
      ['speaker,path,gender', 'ann,audio/ann/1.wav,99', /table\.csv:2: expected a gender .*, got "0"/],
      [
        'speaker,path,split',
        'ann,audio/ann/1.wav,99',
        /table\.csv:2: expected train, dev or test in the column of split, got "0"/,
      ],
      [
        'speaker,path,start',
        'ann,audio/ann/1.wav,2',
        /1 of 9 utterances are not in their files:\n {2}.*table\.csv:10: audio\/ann\/1: expected a start before the file's end, got 2 s/,
      ],
      [
        'who,path,x',
        'a,b,c',
        /table\.csv:1: expected a header with a column for the speaker \(speaker, spk, .*got who, path, x\nName it with --set corpus\.columns\.speaker=NAME/,
      ],
      [
        'speaker,path,file',
        'a,b,c',
        /table\.csv:1: path and file may both be the path; say which: --set corpus\.columns\.path=path/,
      ],
    ] as const) {
      tree.text('table.csv', header, ...good, line);
      await assert.rejects(read({ testSpeakers: ['ann', 'bob'] }), message);
    }
    tree.text('table.csv', 'speaker,path', ...rows((s, n) => `${s},audio/${s}/${n}.wav`));
    await assert.rejects(
      read({ columns: { gender: 'sex' } }),
      /corpus\.columns\.gender: there is no column "sex"; there are speaker, path$/,
    );
    tree.text('table.csv', 'speaker,path', 'ann,"audio');
    await assert.rejects(read(), /table\.csv: not a table that can be read: Quote Not Closed/);
    tree.text('table.csv', 'speaker,path');
    await assert.rejects(read(), /table\.csv: expected a header and utterances, got a header only/);
    await assert.rejects(read({ source: tree.at('none.csv') }), /none\.csv: cannot read the table/);
  });

  it('counts lines right in a long table with quoted line ends and empty lines', async () => {
    const line = (text: string) => `ann,audio/ann/1.wav,"${text}"`;
    const many = Array.from({ length: 5000 }, (_, i) => line(i === 4094 ? 'two\nlines, ""quoted""' : 'x'));
    tree.text('table.csv', 'speaker,path,text', '', ...many, 'ann,audio/ann/1.wav');
    await assert.rejects(read(), /table\.csv:5004: expected 3 fields, as the header has, got 2/);
  });

  it('lists the audio files that are missing, the first ten and how many', async () => {
    tree.text(
      'table.csv',
      'speaker,path',
      ...rows((s, n) => `${s},audio/${s}/${n}.wav`),
      ...Array.from({ length: 12 }, (_, i) => `ann,no${i}.wav`),
    );
    await assert.rejects(read({ testSpeakers: ['ann', 'bob'] }), (error: Error) => {
      assert.match(error.message, /12 of 20 audio files cannot be used:\n {2}.*no0\.wav/);
      assert.match(error.message, /… and 2 more/);
      return error.name === 'UserError';
    });
  });
});
