/** @file `acanet trials check`: what is wrong with a trial list. */
import type { Command } from 'commander';
import type { Finding, KnownUtterance } from '../corpus/trials/trial-check.js';
import { UserError } from '../errors.js';
import { print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { pictureLines, readUtterances } from './trials-make.js';

interface CheckFlags {
  manifest?: string;
  training?: string;
  enrollMap?: string;
  json?: boolean;
}

export function addTrialsCheck(trials: Command): void {
  const command = trials
    .command('check')
    .description('find what is wrong with a trial list; exit status 1 on errors')
    .argument('<trials>', 'the list, in any form that is known; - is the standard input')
    .option('--manifest <file>', 'the utterances that the list may name')
    .option('--training <file>', 'manifest of the training: its training speakers must not be in the trials')
    .option('--enroll-map <file>', 'enrolment ids are models of this map (default: enroll.map beside it, if it fits)')
    .option('--json', 'print everything as JSON');
  withExamples(
    command,
    'acanet trials check exp/demo/prep/trials.txt --manifest exp/demo/prep/manifest.jsonl',
    'acanet trials check exp/demo/prep/trials.txt   # form, repeats, conflicts and fingerprint only',
  ).action(check);
}

async function check(path: string, flags: CheckFlags): Promise<void> {
  const [{ readTrialList }, { findEnrolment }, { examineTrials }, { describePicture }, fingerprints] =
    await Promise.all([
      import('../corpus/trials/trials.js'),
      import('../corpus/trials/enrolment.js'),
      import('../corpus/trials/trial-check.js'),
      import('../corpus/trials/trial-picture.js'),
      import('../corpus/trials/trial-fingerprint.js'),
    ]);
  if (flags.training !== undefined && flags.manifest === undefined) {
    throw new UserError('--training: expected --manifest FILE too, which says whose the utterances are');
  }
  const list = readTrialList(path);
  const map = findEnrolment(path, list.trials, flags.enrollMap);
  const known =
    flags.manifest === undefined
      ? undefined
      : new Map((await readUtterances(flags.manifest)).map((utterance) => [utterance.id, utterance]));
  const findings = examineTrials(list, {
    known,
    enrolment: map?.enrolment,
    trained: await trainedSpeakers(known, flags),
    closest: known && (await closestId(known)),
  });
  const picture = describePicture(list.trials, known ?? new Map<string, KnownUtterance>(), map?.enrolment);
  const sha256 = fingerprints.trialFingerprint(list.trials);
  const enrollMap = map && { path: map.path, sha256: fingerprints.enrolmentFingerprint(map.enrolment) };
  const unchecked = known ? [] : ['ids, labels and speakers were not checked: pass --manifest'];
  if (flags.json) {
    printJson({
      path: list.path,
      form: list.form,
      columnsIgnored: list.ignored,
      sha256,
      enrollMap,
      ...picture,
      findings,
      unchecked,
    });
  } else {
    print(
      [
        `${list.path}: ${list.form}${list.ignored.length > 0 ? ` (columns not used: ${list.ignored.join(', ')})` : ''}`,
        ...pictureLines(picture),
        `  sha256 ${sha256} (of the trials, whatever their form and order)`,
        ...(enrollMap ? [`  ${enrollMap.path}: sha256 ${enrollMap.sha256}`] : []),
        ...findings.flatMap(describeFinding),
        ...unchecked.map((line) => `! ${line}`),
        ...(findings.length === 0 && known ? ['✔ nothing is wrong with it'] : []),
      ].join('\n'),
    );
  }
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new UserError(`${list.path}: ${errors.map(({ count, what }) => `${count} ${what}`).join('; ')}`);
  }
}

function describeFinding({ severity, what, count, first }: Finding): string[] {
  const more = count > first.length ? [`    … and ${count - first.length} more`] : [];
  return [`${severity === 'error' ? '✖' : '!'} ${count} ${what}:`, ...first.map((line) => `    ${line}`), ...more];
}

/** Training speakers of the list's own manifest and of the training's; all of the latter's where it has no splits. */
async function trainedSpeakers(
  known: ReadonlyMap<string, KnownUtterance> | undefined,
  { manifest, training }: CheckFlags,
): Promise<Map<string, string>> {
  const trained = new Map<string, string>();
  for (const { split, speaker, id } of known?.values() ?? []) {
    if (split === 'train' && !trained.has(speaker)) trained.set(speaker, `${id} of ${manifest}`);
  }
  if (training === undefined) return trained;
  const utterances = await readUtterances(training);
  const train = utterances.filter(({ split }) => split === 'train');
  for (const { speaker, id } of train.length > 0 ? train : utterances) trained.set(speaker, `${id} of ${training}`);
  return trained;
}

/** A known id that differs in extension, folders or punctuation, else by a few characters. */
async function closestId(known: ReadonlyMap<string, KnownUtterance>): Promise<(id: string) => string | undefined> {
  const [{ createIdHints }, { closestName }] = await Promise.all([
    import('../corpus/trials/closest-id.js'),
    import('../configuration/closest-name.js'),
  ]);
  const hint = createIdHints(known.keys());
  // Comparing with all of a million ids takes too long: with those that begin or end alike.
  const MOST = 5000;
  return (id) => {
    const found = hint(id);
    if (found !== undefined) return found;
    const half = Math.ceil(id.length / 2);
    const [begin, end] = [id.slice(0, half), id.slice(-half)];
    const near: string[] = [];
    for (const one of known.keys()) {
      if (Math.abs(one.length - id.length) <= 2 && (one.startsWith(begin) || one.endsWith(end))) near.push(one);
      if (near.length === MOST) break;
    }
    return closestName(id, near);
  };
}
