// ISO 9660 images of a root against the squashfs that they are made of, as xorriso unpacks them. The tree has every kind of file, which needs root.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { convertToIso } from '../../../../tools/output/iso-root.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
	const ran = await runProgram(program, args, { cwd });
	if (ran.exitCode !== 0) throw new Error(`${program}: ${ran.stdout}${ran.stderr}`);
	return ran.stdout;
}

/** Returns a folder with `squashfs` and the tree of which that is made, all of one time. */
async function makeSquashfs(t: ExecutionContext, more: string): Promise<string> {
	const folder = scratchFolder(t);
	const script = `set -e
		mkdir -p tree/d/e/f/g/h/i/j/k/l/m tree/locked && cd tree
		head -c 200000 /dev/urandom > d/ping && echo deep > d/e/f/g/h/i/j/k/l/m/deep
		chown 70000:4000000000 d/ping && chmod 4751 d/ping && chmod 1777 d && chmod 0 locked
		ln -s d/ping link && ln -s /etc/passwd absolute && ln -s "$(printf '%0100d/%0100d/%0100d' 1 2 3)" long
		mknod d/tty c 5 1 && mknod d/disk b 259 70000 && mkfifo d/pipe
		echo x > 'name with blanks, and a length that ISO 9660 of its own does not have.tar.gz'
		: > empty && ${more}
		find . -exec touch -h -d @1492533000 {} +
		mksquashfs . ../squashfs -comp lz4 -quiet -no-progress`;
	await run('sh', ['-c', script], folder);
	return folder;
}

/** Lists kind, mode, owner, time (xorriso restores no link's) and target of all paths, and bytes. */
async function listTree(folder: string): Promise<readonly string[]> {
	const script =
		"find . -mindepth 1 -printf '%P %y %m %U:%G %l ' \\( -type l -o -printf '%Ts' \\) -printf '\\n'; find . -type f -exec sha256sum {} +";
	return (await run('sh', ['-c', script], folder)).split('\n').sort();
}

async function convert(folder: string, target: string): Promise<Buffer> {
	await convertToIso(join(folder, 'squashfs'), join(folder, target), folder);
	return readFileSync(join(folder, target));
}

test('convertToIso() keeps all that squashfs has but attributes, and gives the same bytes each time', async (t) => {
	const folder = await makeSquashfs(t, 'true');
	const first = await convert(folder, 'first');
	await run('xorriso', ['-osirrox', 'on', '-indev', 'first', '-extract', '/', 'unpacked'], folder);
	// xorriso restores no device.
	const expected = (await listTree(join(folder, 'tree'))).filter((line) => !/\b(disk|tty)\b/.test(line));
	t.deepEqual(await listTree(join(folder, 'unpacked')), expected);
	const listed = await run('xorriso', ['-indev', 'first', '-lsl', '/d', '--'], folder);
	t.regex(listed, /^brw-r--r-- .* 259,70000 .* 'disk'$[\s\S]*^crw-r--r-- .* 5,1 .* 'tty'$/m);
	t.true(first.equals(await convert(folder, 'second')));
});

test('convertToIso() refuses an extended attribute', async (t) => {
	const folder = await makeSquashfs(t, 'setcap cap_net_raw+ep d/ping');
	await t.throwsAsync(convert(folder, 'image'), {
		code: 'BAD_CONFIG',
		message:
			/^kernel\+iso: .* and \/d\/ping has security\.capability\. Use kernel\+erofs or kernel\+squashfs\.$/,
	});
});
