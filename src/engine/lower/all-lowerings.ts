/** @file Loads every lowering, then refuses the kernels that have none. Import this before tracing. */
import './elementwise.js';
import './extensions.js';
import './matmul.js';
import './reductions.js';
import './shapes.js';
import { refuseOtherKernels } from '../trace/trace-backend.js';

refuseOtherKernels();
