/** @file What a program's models are made of; private to this folder, so that `Model` shows what is public alone. */
import { UserError } from '../errors.js';
import type { VoiceModel } from '../tasks/voices/voice-model.js';

const opened = new WeakMap<object, VoiceModel>();

export function rememberVoiceModel(model: object, made: VoiceModel): void {
  opened.set(model, made);
}

/** @throws UserError for an object that `loadModel` has not made */
export function voiceModelOf(model: object): VoiceModel {
  const found = opened.get(model);
  if (!found) throw new UserError('expected a model as loadModel gives it');
  return found;
}
