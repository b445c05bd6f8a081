// One executable, several programs: which one is told by the name it is called by. PID 1's script stands apart, as it is
// compiled whole and the others are small parts of theirs.

import { basename } from 'node:path';
import { runEmbeddedScript } from './executable/embedded-script.ts';

runEmbeddedScript(basename(process.argv0) === 'init' ? 'pid1' : 'programs');
