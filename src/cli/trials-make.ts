/** @file `acanet trials make`: trial lists from a manifest. */

import { Option, type Command } from 'commander';
import { realPath, refuseReplacing } from '../storage/overwriting.js';
import type { KnownUtterance } from '../corpus/trials/trial-check.js';
import type { TrialPicture } from '../corpus/trials/trial-picture.js';
import { describeBand, durationBands } from '../corpus/trials/duration-bands.js';
import type { MadeTrials, Shortfall, TrialListOptions } from '../corpus/trials/trial-making.js';
import type { TrialUtterance } from '../corpus/trials/trial-sampling.js';
import { UserError, messageOf } from '../errors.js';
import { formatPercent } from '../report/text/number-format.js';
import { wholeNumber } from './number-flag.js';
import { print, printJson, say } from './output.js';
import { withExamples } from './recipe-options.js';

interface MakeFlags {
  out?: string;
  targets: string;
  nontargets: string;
  split: string;
  sameGender?: string;
  sessions: 'any' | 'cross';
  enrollUtterances: string;
  enrollMap?: string;
  durations?: string;
  devSpeakers?: string;
  devOut?: string;
  devTargets?: string;
  devNontargets?: string;
  seed: string;
  atMost?: boolean;
  json?: boolean;
}

export function addTrialsMake(trials: Command): void {
  const command = trials
    .command('make')
    .description('make a trial list from the utterances of a manifest')
    .argument('<manifest>', 'manifest.jsonl')
    .option('--out <file>', 'the list to write (default: the standard output)')
    .option('--targets <n|all>', 'target trials, exactly', 'all')
    .option('--nontargets <n|all>', 'nontarget trials, exactly', 'all')
    .option('--at-most', 'fewer trials will do, where there are no more')
    .option('--split <train|dev|test|all>', 'the utterances to use', 'test')
    .option('--same-gender <share>', 'share of nontarget trials between speakers of one gender, 0 to 1')
    .addOption(
      new Option('--sessions <any|cross>', 'cross: target trials only between sessions')
        .choices(['any', 'cross'])
        .default('any'),
    )
    .option('--enroll-utterances <n>', 'utterances that a speaker is enrolled with; from 2 on with an enroll.map', '1')
    .option('--enroll-map <file>', 'where the models go (default: enroll.map beside trials.txt, and likewise)')
    .option('--durations <bands>', 'test utterances of these durations in seconds, in equal shares: 2-4,4-8,8-')
    .option('--dev-speakers <n>', 'set so many speakers aside for a development list')
    .option('--dev-out <file>', 'the development list, of those speakers only')
    .option('--dev-targets <n|all>', 'default: as --targets')
    .option('--dev-nontargets <n|all>', 'default: as --nontargets')
    .option('--seed <n>', 'another seed draws another list', '1')
    .option('--json', 'print what was made as JSON; needs --out');
  withExamples(
    command,
    'acanet trials make exp/demo/prep/manifest.jsonl --targets 100 --nontargets 300 --at-most --out trials.txt',
    'acanet trials make exp/demo/prep/manifest.jsonl --same-gender 0.5 --enroll-utterances 3 --out trials.txt',
  ).action(makeLists);
}

interface List {
  out?: string;
  map?: string;
  picture: TrialPicture;
  sha256: string;
  shortfalls: Shortfall[];
}

async function makeLists(manifest: string, flags: MakeFlags): Promise<void> {
  const [
    { makeTrialList },
    { enrolmentPathOf, writeEnrolment },
    trialFiles,
    { describePicture },
    { trialFingerprint },
  ] = await Promise.all([
    import('../corpus/trials/trial-making.js'),
    import('../corpus/trials/enrolment.js'),
    import('../corpus/trials/trials.js'),
    import('../corpus/trials/trial-picture.js'),
    import('../corpus/trials/trial-fingerprint.js'),
  ]);
  const options = optionsOf(flags);
  const mapOf = (out: string | undefined, given?: string) =>
    options.enrollUtterances === 1 || out === undefined ? undefined : (given ?? enrolmentPathOf(out));
  const outputs = [flags.out, mapOf(flags.out, flags.enrollMap), flags.devOut, mapOf(flags.devOut)];
  checkOutputs({ outputs, inputs: [manifest], json: flags.json });
  checkTogether(flags, options.enrollUtterances);

  const utterances = await readUtterances(manifest, flags.split);
  const known = new Map(utterances.map((utterance) => [utterance.id, utterance]));
  const parts = await partOf(utterances, flags);
  const made: { list: MadeTrials; out?: string; map?: string }[] = [];
  made.push({ list: makeTrialList(parts.others, options), out: flags.out, map: outputs[1] });
  if (parts.development) {
    const development = {
      ...options,
      maxTargets: count('--dev-targets', flags.devTargets ?? flags.targets),
      maxNontargets: count('--dev-nontargets', flags.devNontargets ?? flags.nontargets),
    };
    made.push({ list: makeTrialList(parts.development, development), out: flags.devOut, map: outputs[3] });
  }
  const missing = made.flatMap(({ list, out }) =>
    list.shortfalls.map((shortfall) => describeShortfall(shortfall, out)),
  );
  if (missing.length > 0 && !flags.atMost) {
    throw new UserError(
      `${manifest}: ${missing.join('\n')}\nNothing was written; ask for fewer, or take them with --at-most.`,
    );
  }
  const lists: List[] = [];
  for (const { list, out, map } of made) {
    const { trials, enrolment, shortfalls } = list;
    if (out !== undefined) trialFiles.writeTrials(out, trials);
    else for (const block of trialFiles.trialBlocks(trials, 'kaldi')) print(block);
    if (map !== undefined && enrolment) writeEnrolment(map, enrolment);
    const picture = describePicture(trials, known, enrolment);
    lists.push({ out, map, picture, sha256: trialFingerprint(trials), shortfalls });
  }
  const tell = flags.out === undefined ? say : print;
  if (flags.json) printJson(lists.map(({ picture, ...rest }) => ({ ...rest, ...picture })));
  else {
    for (const { out, map, picture, sha256 } of lists) {
      tell(
        [
          `${out ?? 'trials'}${map === undefined ? '' : `, ${map}`}`,
          ...pictureLines(picture),
          `  sha256 ${sha256}`,
        ].join('\n'),
      );
    }
    for (const line of missing) say(`! ${line}\n`);
  }
}

function optionsOf(flags: MakeFlags) {
  const share = flags.sameGender === undefined ? null : number('--same-gender', flags.sameGender);
  if (share !== null && !(share >= 0 && share <= 1)) {
    throw new UserError(`--same-gender: expected a share from 0 to 1, got ${flags.sameGender}`);
  }
  return {
    seed: seedOf(flags),
    maxTargets: count('--targets', flags.targets),
    maxNontargets: count('--nontargets', flags.nontargets),
    sameGender: share,
    sessions: flags.sessions,
    enrollUtterances: wholeNumber('--enroll-utterances', flags.enrollUtterances),
    durations: flags.durations === undefined ? [] : bands(flags.durations),
  } satisfies TrialListOptions;
}

/** Options that only make sense together. */
function checkTogether(
  { out, enrollMap, devOut, devSpeakers, devTargets, devNontargets }: MakeFlags,
  enroll: number,
): void {
  if (enroll > 1 && out === undefined) {
    throw new UserError('--enroll-utterances: expected --out FILE too, as the models go into a map beside the list');
  }
  if (enroll === 1 && enrollMap !== undefined) {
    throw new UserError('--enroll-map: expected --enroll-utterances of 2 or more too; single utterances need no map');
  }
  if ((devOut === undefined) !== (devSpeakers === undefined)) {
    throw new UserError('expected --dev-speakers N and --dev-out FILE together');
  }
  if (devOut === undefined && (devTargets ?? devNontargets) !== undefined) {
    throw new UserError('--dev-targets and --dev-nontargets: expected --dev-speakers and --dev-out too');
  }
}

const number = (flag: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UserError(`${flag}: expected a number, got "${text}"`);
  return value;
};

const seedOf = ({ seed }: MakeFlags): number => wholeNumber('--seed', seed, { from: 0 });

const count = (flag: string, text: string): number => (text === 'all' ? Infinity : wholeNumber(flag, text));

function bands(text: string) {
  try {
    return durationBands(text);
  } catch (error) {
    throw new UserError(`--durations: ${messageOf(error)}`, { cause: error });
  }
}

function describeShortfall({ kind, band, wanted, found }: Shortfall, out: string | undefined): string {
  const where = `${band ? ` with tests of ${describeBand(band)}` : ''}${out === undefined ? '' : ` for ${out}`}`;
  return `expected ${wanted} ${kind} trials${where}, found ${found}`;
}

/** The utterances of one split, or of all, with no more than trials need. */
export async function readUtterances(manifest: string, split = 'all'): Promise<KnownUtterance[]> {
  const { streamManifest, splits } = await import('../corpus/manifest/manifest.js');
  if (split !== 'all' && !splits.some((name) => name === split)) {
    throw new UserError(`--split: expected ${splits.join(', ')} or all, got "${split}"`);
  }
  const utterances: KnownUtterance[] = [];
  const found = new Set<string>();
  for (const { id, speaker, gender, session, duration, split: own } of streamManifest(manifest)) {
    found.add(own);
    if (split === 'all' || own === split) utterances.push({ id, speaker, gender, session, duration, split: own });
  }
  if (utterances.length > 0) return utterances;
  throw new UserError(
    `${manifest}: no utterances of the ${split} split; there are ${[...found].join(', ')}\nName one with --split, or --split all.`,
  );
}

/** The utterances of development speakers, if any are to be set aside, and of the others. */
async function partOf(
  utterances: KnownUtterance[],
  flags: MakeFlags,
): Promise<{ others: TrialUtterance[]; development?: TrialUtterance[] }> {
  if (flags.devSpeakers === undefined) return { others: utterances };
  const { setSpeakersAside } = await import('../corpus/trials/development-speakers.js');
  return setSpeakersAside(utterances, { count: wholeNumber('--dev-speakers', flags.devSpeakers), seed: seedOf(flags) });
}

/** Refuses outputs that would replace an input or each other, and JSON beside data on stdout. */
export function checkOutputs({
  outputs,
  inputs,
  json,
}: {
  outputs: readonly (string | undefined)[];
  inputs: readonly string[];
  json?: boolean;
}): void {
  if (json && outputs[0] === undefined) throw new UserError('--json: expected --out FILE too, as the list goes there');
  refuseReplacing(outputs, inputs);
  const taken = new Set<string>();
  for (const path of outputs) {
    if (path === undefined) continue;
    if (taken.has(realPath(path))) throw new UserError(`${path}: two things cannot be written to one file`);
    if (path.endsWith('.gz')) throw new UserError(`${path}: lists are written as plain text; name it without .gz`);
    taken.add(realPath(path));
  }
}

/** What a list is made of, for people. */
export function pictureLines(picture: TrialPicture): string[] {
  const { trials, targets, nontargets, models, utterances, speakers, female, male, sessions } = picture;
  const percent = (share: number) => formatPercent(share, 1);
  const shares = [
    ...(picture.sameGender === undefined ? [] : [`${percent(picture.sameGender)} of nontarget trials within a gender`]),
    ...(picture.crossSession === undefined
      ? []
      : [`${percent(picture.crossSession)} of target trials across sessions`]),
  ];
  const genders = female + male > 0 ? ` (${female} f, ${male} m)` : '';
  const spoken = [
    `${utterances} utterances`,
    ...(sessions > 0 ? [`${sessions} sessions`] : []),
    ...(models === undefined ? [] : [`${models} models`]),
  ].join(', ');
  return [
    `  ${trials} trials: ${targets} target, ${nontargets} nontarget`,
    ...(speakers > 0 ? [`  ${speakers} speakers${genders}, ${spoken}`] : [`  ${spoken}`]),
    ...(shares.length > 0 ? [`  ${shares.join(', ')}`] : []),
  ];
}
