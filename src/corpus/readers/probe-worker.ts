/** @file The worker thread of `probeAudioFiles`. */
export { probeBatch as default } from './probe-task.js';
