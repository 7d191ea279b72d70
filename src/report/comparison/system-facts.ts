/** @file What is known of a compared system and its trainings: cost, and the scores that it gave. */

/** What embedding costs, measured in a process of its own: the network only, features being ready. */
export interface ExtractionCost {
  readonly machine: string;
  /** `onnx on cpu` */
  readonly engine: string;
  /** Threads asked for. */
  readonly threads: number;
  /** For one utterance of each length; the first is the comparison's `macsDuration`. */
  readonly lengths: readonly {
    readonly seconds: number;
    /** Seconds of computing for a second of speech: the median of some repetitions. */
    readonly realTimeFactor: number;
    /** Highest resident memory of the whole process up to here, Node and engine included. */
    readonly peakBytes: number;
  }[];
  /** The same before the model was loaded. */
  readonly idleBytes: number;
}

/** How a run was trained, as far as its stage recorded it. */
export interface TrainingCost {
  readonly seconds: number;
  /** It was interrupted: `seconds` are those since it went on. */
  readonly resumed?: boolean;
  /** So many trainings ran side by side: alone it takes less than `seconds`. */
  readonly beside?: number;
  /** ISO 8601. */
  readonly finished: string;
  /** Highest resident memory of the process while it trained. */
  readonly peakBytes?: number;
  readonly machine?: string;
}

/** What is known of a system besides its scores. */
export interface SystemFacts {
  readonly name: string;
  /** Architecture, such as `aca-net`. */
  readonly model?: string;
  /** How an ACA-Net encodes time: `time`, `none` or `reference`. Absent for models without such a choice. */
  readonly positional?: string;
  /** What made scores of embeddings: `cosine`, `plda, as-norm`. */
  readonly backend?: string;
  readonly parameters?: number;
  /** Multiply-accumulate operations for one utterance of the comparison's `macsDuration`. */
  readonly macs?: number;
  /** Size of the weights file. */
  readonly bytes?: number;
  readonly extraction?: ExtractionCost;
  /** How many speakers it was trained on; only where some of them have fewer than others. */
  readonly trainedOn?: TrainedOn;
}

export interface TrainedOn {
  readonly speakers: number;
  /** The name of all systems that differ from this one in that alone: of the one with the most speakers. */
  readonly as: string;
}

/** One training, or one score file. */
export interface RunFacts {
  /** `aca-net`, `aca-net@2` */
  readonly name: string;
  readonly seed?: number;
  readonly training?: TrainingCost;
}

export interface RunInput extends RunFacts {
  /** One a trial. */
  readonly scores: ArrayLike<number>;
  /** The same scores as natural log-likelihood ratios, in the same order from lowest to highest. */
  readonly llrs?: ArrayLike<number>;
}

export interface SystemInput extends SystemFacts {
  readonly runs: readonly RunInput[];
}
