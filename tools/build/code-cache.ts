// Compiles a script ahead of time: writes it as the body of a function, and V8's code cache of that (Node's manual,
// `script.createCachedData()`). A program of its own, because a cache fits only a Node that was started with the same
// options for V8 as this one.
//
// node [options] code-cache.ts eager|lazy SCRIPT FUNCTION CACHE

import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { functionEnd, functionHead } from '../../supervisor/contract/embedded-script.ts';

const [how, script = '', functionFile = '', cacheFile = ''] = process.argv.slice(2);
const source = functionHead + readFileSync(script, 'utf8') + functionEnd;
// One byte a character, in the file and in V8's memory; esbuild writes others as escapes.
if (/[^\0-\x7f]/.test(source)) throw new Error(`${script} is not in ASCII`);
// Every function, also the many that are compiled when they are called first. The option counts for the cache's own
// check only at its making, so it is taken back before.
if (how === 'eager') setFlagsFromString('--no-lazy');
const compiled = new Script(source);
if (how === 'eager') setFlagsFromString('--lazy');
writeFileSync(functionFile, source, 'latin1');
writeFileSync(cacheFile, compiled.createCachedData());
