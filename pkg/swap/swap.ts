// `/swap.sh --path FILE --size SIZE`: swap on a file below /var, with the options of LinuxKit's script of that name.

import { AppletError, type AppletHost } from '../applet/applet.ts';
import { parseFlags, refuseWords } from '../applet/flags.ts';
import { parseCondition, parseSize, realPlaces, unmet } from './conditions.ts';
import { encryptedSwap } from './encrypted-swap.ts';
import { makeSwapFile } from './swap-file.ts';

export function swap(args: readonly string[], host: AppletHost): number {
	const { flags, rest } = parseFlags(args, {
		path: '',
		size: '',
		condition: [],
		encrypt: false,
		debug: false,
	});
	refuseWords(rest);
	refusePath(flags.path);
	if (flags.size === '')
		throw new AppletError('give the size of the swap file: --size SIZE', { exitCode: 2 });
	const sizeBytes = parseSize(flags.size);
	for (const condition of flags.condition.map(parseCondition)) {
		const problem = unmet(condition, realPlaces);
		if (problem === null) continue;
		host.warn(`no swap: ${problem}`);
		return condition.isRequired ? 1 : 0;
	}
	makeSwapFile(host.native(), flags.path, sizeBytes);
	const turnOn = (device: string): void => swapOn(host, device);
	if (flags.encrypt) encryptedSwap(host.native(), flags.path, turnOn);
	else turnOn(flags.path);
	host.print(`swap: ${flags.size} on ${flags.path}${flags.encrypt ? ', encrypted' : ''}`);
	return 0;
}

function refusePath(path: string): void {
	if (path === '') throw new AppletError('give the place of the swap file: --path FILE', { exitCode: 2 });
	if (!/^\/var\/./.test(path) || path.split('/').includes('..')) {
		throw new AppletError(`${path} is not below /var, where a system can be written to`, { exitCode: 2 });
	}
}

function swapOn(host: AppletHost, path: string): void {
	try {
		host.native().swapon(path, 0);
	} catch (cause) {
		const code = cause instanceof Error && 'code' in cause ? cause.code : null;
		const hints = new Map<unknown, string>([
			['EINVAL', 'Its file system must be one of a disk (ext4, xfs), not of memory: is the disk mounted?'],
			['EPERM', 'The container needs CAP_SYS_ADMIN.'],
			['EBUSY', 'It is in use already.'],
		]);
		throw new AppletError(
			`${path} can't be used for swap: ${String(cause)}. ${hints.get(code) ?? ''}`.trim(),
			{
				cause,
			},
		);
	}
}
