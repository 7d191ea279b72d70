/** @file What the report says of its origin: `provenance.json` of the work folder and `.done.json` of the stages. */
import type { Provenance } from '../../report/html/report-data.js';
import { doneRecord, provenance } from '../artifacts/control-files.js';

/** @param stages the folders of the stages to list */
export function readProvenance(workFolder: string, stages: readonly string[], seeds: readonly number[]): Provenance {
  const file = provenance.readIfThere(workFolder) ?? {};
  const { versions = {}, git, machine, engine, inputs = [], commands = [] } = file;
  const done = stages.flatMap((folder) => doneRecord.readIfThere(folder) ?? []);
  const prep = done.find(({ stage }) => stage === 'prep');
  const facts: [string, string | undefined][] = [
    ['acanet', [versions.acanet, git?.acanet && describeGit(git.acanet)].filter(Boolean).join(', ')],
    ['working directory', git?.workingDirectory && describeGit(git.workingDirectory)],
    ...Object.entries(versions)
      .filter(([name]) => name !== 'acanet')
      .map(([name, version]): [string, string] => [name, version]),
    [
      'engine',
      engine && [engine.name, engine.device, engine.threads && `${engine.threads} threads`].filter(Boolean).join(', '),
    ],
    [
      'machine',
      machine &&
        Object.entries(machine)
          .map(([name, value]) => `${name}: ${value}`)
          .join('; '),
    ],
    ['seeds', seeds.join(', ')],
    ['manifest, SHA-256', prep?.partHashes?.manifest],
    ['manifest and trials, SHA-256', prep?.outputHash],
    ...inputs.map(({ file: path, sha256 }): [string, string] => [`recipe file, SHA-256`, `${path}  ${sha256}`]),
  ];
  return {
    facts: facts.flatMap(([label, value]): [string, string][] => (value ? [[label, value]] : [])),
    commands,
    stages: done.map(({ stage, finished, seconds, outputHash }) => ({ stage, finished, seconds, outputHash })),
  };
}

const describeGit = ({ commit, dirty }: { commit: string; dirty: boolean }) =>
  `commit ${commit}${dirty ? ' with uncommitted changes' : ''}`;
