// Loaded by ava in each test file (package.json, `ava.require`): fails the file when its suite can't run on this machine.

import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { addServersToPath, missingFor, useOrdinaryFolder } from './suite-needs.ts';

addServersToPath();
// Node has read it (test/run.ts), and the programs that a test starts have the environment that a user has.
delete process.env['NODE_COMPILE_CACHE'];
const suite = relative('test', fileURLToPath(test.meta.file)).split(sep)[0] ?? '';
const missing = missingFor(suite) ?? (suite === 'ns' ? useOrdinaryFolder() : null);
if (missing !== null) throw new Error(missing);
