// The executable's entry: its name selects one of several programs. PID 1 has a script of its own, because all of that
// script is compiled ahead of time; the other programs are small parts of theirs.

import { basename } from 'node:path';
import { runEmbeddedScript } from './executable/embedded-script.ts';

runEmbeddedScript(basename(process.argv0) === 'init' ? 'pid1' : 'programs');
