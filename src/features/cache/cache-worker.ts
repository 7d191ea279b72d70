/** @file The worker thread of `cache-build.ts`. */
export { extractShard as default } from './cache-shard.js';
