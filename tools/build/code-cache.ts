// Compiles a script ahead of time: writes it as the body of a function, and V8's code cache of that (Node's manual,
// `script.createCachedData()`). This is a separate program because a cache fits only a Node with the same V8 options.
//
// node [options] code-cache.ts eager|lazy SCRIPT FUNCTION CACHE

import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { functionEnd, functionHead } from '../../supervisor/contract/embedded-script.ts';

const [how, script = '', functionFile = '', cacheFile = ''] = process.argv.slice(2);
const source = functionHead + readFileSync(script, 'utf8') + functionEnd;
// ASCII takes one byte a character in the file and in V8's memory; esbuild escapes other characters.
if (/[^\0-\x7f]/.test(source)) throw new Error(`${script} is not in ASCII`);
// Compiles every function, also those that V8 would compile at their first call. V8 compares its options with those of the
// cache, so the option is reset before the cache is made.
if (how === 'eager') setFlagsFromString('--no-lazy');
const compiled = new Script(source);
if (how === 'eager') setFlagsFromString('--lazy');
writeFileSync(functionFile, source, 'latin1');
writeFileSync(cacheFile, compiled.createCachedData());
