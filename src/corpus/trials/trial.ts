/** @file A trial: two sides that are compared, and whether one speaker said both. */

export interface Trial {
  /** An utterance id; with an enrolment map (`enrolment.ts`) a model's. */
  enroll: string;
  /** An utterance id. */
  test: string;
  /** The same speaker in both. */
  target: boolean;
}
