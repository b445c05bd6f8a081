// A process with a raw terminal, for raw-terminal.test.ts: it writes the terminal's settings to a file and ends as it is told.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { makeTerminalRaw } from '../../../../tools/terminal/raw-terminal.ts';

const [, , file = '', end = ''] = process.argv;
const restore = makeTerminalRaw(process.stdin);
writeFileSync(file, spawnSync('stty', ['-a'], { stdio: ['inherit', 'pipe', 'inherit'] }).stdout);
process.stdout.write('a\nb\n');
if (end === 'restore') restore();
else if (end === 'exit') process.exit(0);
else if (end === 'SIGTERM') process.kill(process.pid, 'SIGTERM');
else throw new Error('uncaught');
process.stdin.unref();
