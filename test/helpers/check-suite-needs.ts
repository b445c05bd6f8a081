// Loaded by ava in each test file (package.json, `ava.require`): fails the file when its suite can't run on this machine.

import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { addServersToPath, missingFor, useOrdinaryFolder } from './suite-needs.ts';

addServersToPath();
const suite = relative('test', fileURLToPath(test.meta.file)).split(sep)[0] ?? '';
const missing = missingFor(suite) ?? (suite === 'ns' ? useOrdinaryFolder() : null);
if (missing !== null) throw new Error(missing);
