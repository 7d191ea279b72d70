/** @file What a stage is: what it is called and depends on, what it does, and what it may be given and gives back. */

import type { WrittenFiles } from '../../storage/written-files.js';
import type { StageSources } from './stage-sources.js';

/** What a stage's run gives back. */
export interface StageOutcome {
  /** Hash of what it wrote; equal output must give an equal hash. */
  outputHash: string;
  /** Hashes of parts of it, for stages that need no more: a part named `training` is needed as `prep:training`. */
  partHashes?: Record<string, string>;
  /** Files and folders, relative to the stage's folder, without which the stage is not done. */
  outputs: string[];
  /**
   * Its files as they were written (default: all in its folder, hashed); fewer where files have checksums of their own.
   */
  recorded?: (folder: string) => WrittenFiles;
  /** Lists that it was made from, and that are to be noticed when they change. */
  sources?: StageSources;
  /** Audio that it worked through itself, and the time and threads that this took: plans of other work go by it. */
  audioWork?: { audioSeconds: number; seconds: number; threads: number };
  /** One line for the log. */
  summary: string;
}

/** What a stage's run is given. */
export interface StageContext {
  /** The stage's own folder. */
  folder: string;
  /** The folder of a stage that this one needs. */
  folderOf(stage: string): string;
  /** Hash of everything the stage depends on. */
  inputHash: string;
  /** Where its shares put what `run` is to find, of these settings and needs alone; gone once the stage is done. */
  sharesFolder: string;
  /** It was asked to be made anew: nothing that was made before is to be built on. */
  anew?: boolean;
  signal?: AbortSignal;
  log(line: string): void;
  /** `detail`: what a person would like to see beside it, a rate for example. */
  progress(what: string, done: number, total: number, detail?: string): void;
}

/** One step of the chain. */
export interface Stage {
  /** `prep`, `train/aca-net`; also the stage's folder inside the work folder. */
  name: string;
  /** It trains a model: what takes the hours, is counted, and may be done beside others. */
  trains?: boolean;
  /** The training run that it belongs to, and no other; absent for what several need, or what needs several. */
  ofRun?: string;
  /** It measures time, so that nothing may work beside it. */
  timed?: boolean;
  /** It reads the test trials, or is only for what does: absent while these are kept back. */
  forTest?: boolean;
  /** Names of stages, or of parts of what they wrote (`prep:training`). */
  needs: string[];
  /** The settings its result depends on, and nothing else. */
  settings: Record<string, unknown>;
  /** To be raised when the same settings would now give another result. */
  version: number;
  /**
   * What becomes of an earlier result under other settings: `remove` it, `keep` it for the stage to build on (a cache
   * that checks itself), or `set aside` (renamed: hours of work are not deleted because a setting was edited).
   */
  whenChanged: 'remove' | 'keep' | 'set aside';
  /** Can an interrupted run of it be continued? Otherwise its folder is emptied first. */
  resumable: boolean;
  /** Takes away of a finished result what was made after these outputs, which are gone, where it is built on. */
  removeAfter?(folder: string, gone: readonly string[]): void;
  run(context: StageContext): Promise<StageOutcome>;
  /** Does one share of the work, beside other processes that do theirs; `run`, after all of them, finds it done. */
  share?(context: StageContext, share: WorkShare): Promise<void>;
  /** What all shares need, done once before them. */
  prepareShares?(context: StageContext): Promise<void>;
}

/** One of `count` shares of a stage's work, `index` from 0. */
export interface WorkShare {
  index: number;
  count: number;
}

/** The stage of a need that may name a part: `prep:training` → `prep`. */
export const stageOf = (need: string): string => need.split(':')[0];
