// Compiles the profile of the package `apparmor` by Debian's apparmor_parser(8). The parser needs no AppArmor in this machine's
// kernel and loads nothing; what it makes is the same for every processor.
//
//	node tools/build/build-apparmor.ts PACKAGE OUTPUT-DIRECTORY
//
// PACKAGE is the directory in which Debian's package `apparmor` is unpacked.

import { join, resolve } from 'node:path';
import { defaultApparmorProfile } from '../../supervisor/contract/apparmor.ts';
import { replaceFile } from '../files/replace-file.ts';
import { runTool } from '../files/run-tool.ts';

const source = resolve(import.meta.dirname, '../../pkg/apparmor/default.profile');

async function compileProfile(unpacked: string, folder: string): Promise<void> {
	const base = resolve(unpacked, 'etc/apparmor.d');
	const output = resolve(folder, defaultApparmorProfile);
	await replaceFile(output, new Set(), (unfinished) =>
		runTool(resolve(unpacked, 'sbin/apparmor_parser'), [
			// Neither the machine's configuration, nor its cache, nor its kernel.
			...['--config-file', '/dev/null', '--skip-cache', '--skip-kernel-load', '--base', base],
			...['--features-file', join(base, 'abi/3.0'), '--ofile', unfinished, source],
		]),
	);
}

if (import.meta.main) {
	const [unpacked, folder] = process.argv.slice(2);
	if (unpacked === undefined || folder === undefined)
		throw new Error('Expected the directory of the unpacked package, and one for the result.');
	await compileProfile(unpacked, folder);
}
