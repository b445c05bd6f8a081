// The host's side of `slipway cp`. What a tar could do is in test/unit/supervisor/copy.

import { execFileSync } from 'node:child_process';
import {
	closeSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import {
	namesContents,
	openDestination,
	readHostFiles,
	rewriteTar,
	writeHostFiles,
} from '../../../../tools/control/copy-files.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

async function copy(t: ExecutionContext, from: string, to: string): Promise<void> {
	const destination = openDestination(to);
	t.teardown(() => closeSync(destination.folderFd));
	const how = { isContents: namesContents(from), keepsOwners: false, temporary: new Set<string>() };
	await writeHostFiles(readHostFiles(from, false, t.fail), destination, how);
}

function treeIn(): string {
	const folder = scratchFolder();
	mkdirSync(join(folder, 'dir/sub'), { recursive: true });
	writeFileSync(join(folder, 'dir/sub/f'), 'text', { mode: 0o666 });
	mkdirSync(join(folder, 'there'));
	return folder;
}

test('a directory goes into one that is there, or becomes the new one; dir/. is what is in it', async (t) => {
	const folder = treeIn();
	const to = (path: string): string => join(folder, path);
	await copy(t, to('dir'), to('there'));
	await copy(t, to('dir'), to('new'));
	await copy(t, `${to('dir')}/.`, to('contents'));
	await copy(t, to('dir/sub/f'), to('renamed'));
	for (const path of ['there/dir/sub/f', 'new/sub/f', 'contents/sub/f', 'renamed'])
		t.is(readFileSync(to(path), 'utf8'), 'text', path);
	t.is(statSync(to('renamed')).mode & 0o777, 0o666 & ~process.umask());
});

test('openDestination() and readHostFiles() name what is not there', (t) => {
	const folder = treeIn();
	t.throws(() => openDestination(join(folder, 'absent/')), { code: 'NO_FILE', message: /no directory/ });
	t.throws(() => openDestination(join(folder, 'absent/f')), { code: 'NO_FILE', message: /no such file/ });
	t.throws(() => readHostFiles(join(folder, 'absent/f'), false, t.fail), {
		code: 'NO_FILE',
		message: /absent/,
	});
});

test('writeHostFiles() writes nothing outside for a hostile guest', async (t) => {
	const folder = treeIn();
	const evil = scratchFolder();
	mkdirSync(join(evil, 'x'));
	writeFileSync(join(evil, 'x/passwd'), 'evil');
	const tar = execFileSync('tar', ['-cPf', '-', '--transform=s,^x,../out,', '-C', evil, 'x/passwd']);
	symlinkSync('../out', join(folder, 'there/x'));
	mkdirSync(join(folder, 'out'));
	const below = execFileSync('tar', ['-cf', '-', '-C', evil, 'x/passwd']);
	for (const bytes of [tar, below]) {
		const destination = openDestination(join(folder, 'there'));
		t.teardown(() => closeSync(destination.folderFd));
		const how = { isContents: false, keepsOwners: false, temporary: new Set<string>() };
		await t.throwsAsync(writeHostFiles(Readable.from([bytes]), destination, how), { code: 'BAD_INPUT' });
	}
	t.deepEqual(readdirSync(join(folder, 'out')), []);
	t.deepEqual(readdirSync(join(folder, 'there')), ['x']);
});

test('rewriteTar() makes of any tar one that the guest reads', async (t) => {
	const folder = treeIn();
	writeFileSync(join(folder, `dir/${'long'.repeat(50)}`), 'text');
	const tar = execFileSync('tar', ['--format=gnu', '-cf', '-', '-C', folder, 'dir']);
	const bytes = await buffer(rewriteTar(Readable.from([tar])));
	const names = execFileSync('tar', ['-tf', '-'], { input: bytes }).toString();
	t.is(names, execFileSync('tar', ['-tf', '-'], { input: tar }).toString());
	await t.throwsAsync(buffer(rewriteTar(Readable.from([Buffer.alloc(600, 'x')]))), {
		code: 'BAD_IMAGE',
	});
});
