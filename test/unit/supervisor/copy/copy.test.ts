// Trees through archive and extraction, compared with GNU tar, and what an attacker could send or do meanwhile.

import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	closeSync,
	existsSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	renameSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { archiveTree } from '../../../../supervisor/copy/archive-tree.ts';
import { type CopiedFile, lastComponent, parentOf } from '../../../../supervisor/copy/copied-file.ts';
import { type ExtractPlace, extractTree } from '../../../../supervisor/copy/extract-tree.ts';
import { encodeTarHeader, endOfTar, paddingOf, readTar } from '../../../../supervisor/copy/tar-codec.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const plain: CopiedFile = {
	name: 'f',
	kind: 'file',
	mode: 0o644,
	uid: 0,
	gid: 0,
	mtimeSeconds: 1000,
	sizeBytes: 0,
	linkname: '',
};

function openFolder(t: ExecutionContext, path: string): number {
	const fd = openSync(path, 'r');
	t.teardown(() => closeSync(fd));
	return fd;
}

function tarOf(...members: readonly (Partial<CopiedFile> & { readonly text?: string })[]): Buffer {
	return Buffer.concat([
		...members.flatMap(({ text = '', ...fields }) => {
			const content = Buffer.from(text);
			const header = encodeTarHeader({ ...plain, sizeBytes: content.length, ...fields });
			return [header, content, Buffer.alloc(paddingOf(content.length))];
		}),
		endOfTar,
	]);
}

async function extractInto(
	t: ExecutionContext,
	folder: string,
	tar: AsyncIterable<Uint8Array> | Buffer,
	place: Partial<ExtractPlace> = {},
): Promise<void> {
	const bytes = Buffer.isBuffer(tar) ? Readable.from([tar]) : tar;
	await extractTree(readTar(bytes), {
		folderFd: openFolder(t, folder),
		renamed: null,
		isContents: false,
		ownerOf: () => null,
		modeMask: 0o1777,
		temporary: new Set(),
		...place,
	});
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
	return await buffer(pieces);
}

function archiveOf(t: ExecutionContext, folder: string, name: string | null, shown = name ?? '.') {
	const leftOut: string[] = [];
	const folderFd = openFolder(t, folder);
	const tar = archiveTree({ folderFd, name, shown, parent: '/of/', leftOut: (each) => leftOut.push(each) });
	return { tar, leftOut };
}

test('archiveTree() writes what GNU tar reads, and extractTree() the same files again', async (t) => {
	const [from, gnu, own] = [scratchFolder(), scratchFolder(), scratchFolder()];
	const long = 'a long name '.repeat(12);
	mkdirSync(join(from, `top/${long}`), { recursive: true });
	writeFileSync(join(from, 'top/small'), 'hello\n');
	writeFileSync(join(from, `top/${long}/big`), Buffer.alloc(200_000, 'x'));
	writeFileSync(Buffer.from(join(from, 'top/not utf-8 \xff'), 'latin1'), '');
	writeFileSync(join(from, 'top/é'), 'é');
	chmodSync(join(from, 'top/small'), 0o4751);
	symlinkSync(`/${long}`, join(from, 'top/link'));
	execFileSync('mkfifo', [join(from, 'top/fifo')]);
	const { tar, leftOut } = archiveOf(t, from, 'top');
	const bytes = await collect(tar);
	t.deepEqual(leftOut, ['top/fifo']);
	execFileSync('tar', ['-xf', '-', '-C', gnu], { input: bytes });
	await extractInto(t, own, bytes);
	for (const folder of [gnu, own]) {
		t.is(readFileSync(join(folder, 'top/small'), 'utf8'), 'hello\n');
		t.is(readFileSync(join(folder, `top/${long}/big`)).length, 200_000);
		t.is(readFileSync(join(folder, 'top/é'), 'utf8'), 'é');
		t.is(readlinkSync(join(folder, 'top/link')), `/${long}`);
		t.true(existsSync(Buffer.from(join(folder, 'top/not utf-8 \xff'), 'latin1')));
		t.is(lstatSync(join(folder, 'top/small')).mtimeMs % 1000, 0);
	}
	t.is(lstatSync(join(own, 'top/small')).mode & 0o7777, 0o751, 'setuid is dropped');
});

test('extractTree() takes what GNU tar writes with hard links', async (t) => {
	const [from, to] = [scratchFolder(), scratchFolder()];
	writeFileSync(join(from, 'first'), 'x');
	linkSync(join(from, 'first'), join(from, 'second'));
	const tar = execFileSync('tar', ['--format=ustar', '-cf', '-', '-C', from, 'first', 'second']);
	await extractInto(t, to, tar, { renamed: null });
	t.is(lstatSync(join(to, 'first')).ino, lstatSync(join(to, 'second')).ino);
});

test('readTar() reads the numbers of GNU tar, and refuses an owner that chown(2) has not', async (t) => {
	const folder = scratchFolder();
	writeFileSync(join(folder, 'f'), '');
	const gnu = (owner: number): Buffer =>
		execFileSync('tar', ['--format=gnu', `--owner=u:${owner}`, `--group=g:${owner}`, '-cf', '-', 'f'], {
			cwd: folder,
		});
	const owners: (readonly number[])[] = [];
	const ownerOf = ({ uid, gid }: CopiedFile) => {
		owners.push([uid, gid]);
		return null;
	};
	for (const owner of [7, 2_097_152, 4_294_967_294])
		await extractInto(t, scratchFolder(), gnu(owner), { ownerOf });
	t.deepEqual(
		owners,
		[7, 2_097_152, 4_294_967_294].map((owner) => [owner, owner]),
	);
	for (const uid of [4_294_967_295, 2 ** 32, 2 ** 40])
		await t.throwsAsync(extractInto(t, scratchFolder(), tarOf({ uid })), { message: /f has a wrong uid/ });
	await t.throwsAsync(extractInto(t, scratchFolder(), tarOf({ gid: 2 ** 32 })), { message: /wrong gid/ });
});

test('extractTree() renames the top, or puts a name before the contents', async (t) => {
	const folder = scratchFolder();
	const tree = [
		{ name: 'top', kind: 'directory' },
		{ name: 'top/f', text: '1' },
	] as const;
	await extractInto(t, folder, tarOf(...tree), { renamed: 'other' });
	await extractInto(t, folder, tarOf({ name: './', kind: 'directory' }, { name: './f', text: '2' }), {
		renamed: 'contents',
		isContents: true,
	});
	t.is(readFileSync(join(folder, 'other/f'), 'utf8'), '1');
	t.is(readFileSync(join(folder, 'contents/f'), 'utf8'), '2');
});

test('extractTree() replaces a file, also a link, and never writes through it', async (t) => {
	const folder = scratchFolder();
	const outside = join(scratchFolder(), 'outside');
	writeFileSync(outside, 'untouched');
	symlinkSync(outside, join(folder, 'f'));
	await extractInto(t, folder, tarOf({ name: 'f', text: 'new' }));
	t.is(readFileSync(outside, 'utf8'), 'untouched');
	t.true(lstatSync(join(folder, 'f')).isFile());
	t.is(readFileSync(join(folder, 'f'), 'utf8'), 'new');
});

const refused = test.macro({
	async exec(t, tar: Buffer, message: RegExp) {
		const base = scratchFolder();
		const folder = join(base, 'in');
		mkdirSync(folder);
		mkdirSync(join(base, 'out'));
		symlinkSync('../out', join(folder, 'was-there'));
		mkdirSync(join(folder, 'folder'));
		await t.throwsAsync(extractInto(t, folder, tar), { message });
		t.deepEqual(readdirSync(base), ['in', 'out']);
		t.deepEqual(readdirSync(join(base, 'out')), []);
		t.deepEqual(
			readdirSync(folder).filter((name) => name.startsWith('.slipway')),
			[],
			'nothing half-written stays',
		);
	},
	title: (name = '') => `extractTree() refuses ${name}`,
});

test('a name with ..', refused, tarOf({ name: '../evil', text: 'x' }), /leads out of its directory/);
test('a name with .. inside', refused, tarOf({ name: 'a/../../evil', text: 'x' }), /leads out/);
test(
	'a file below a link of the same tar',
	refused,
	tarOf({ name: 'link', kind: 'symlink', linkname: '../out' }, { name: 'link/evil', text: 'x' }),
	/link: it is not a directory/,
);
test(
	'a file below a link that was there',
	refused,
	tarOf({ name: 'was-there/evil', text: 'x' }),
	/was-there: it is not a directory/,
);
test(
	'a directory in the place of a link',
	refused,
	tarOf({ name: 'was-there', kind: 'directory' }, { name: 'was-there/evil', text: 'x' }),
	/was-there: it is no directory, and what is copied is one\.$/,
);
test(
	'a hard link to a file below a link',
	refused,
	tarOf({ name: 'mine', kind: 'link', linkname: 'was-there/secret' }),
	/was-there: it is not a directory/,
);
test(
	'a hard link to a name with ..',
	refused,
	tarOf({ name: 'mine', kind: 'link', linkname: '../out' }),
	/leads out/,
);
test(
	'a file in the place of a directory',
	refused,
	tarOf({ name: 'folder', text: 'x' }),
	/it is a directory/,
);
test(
	'a tar that is cut',
	refused,
	tarOf({ name: 'f', text: 'x'.repeat(2000) }).subarray(0, 1500),
	/ends in the middle of f/,
);
test(
	'a file for which there is no room, before its bytes come',
	refused,
	encodeTarHeader({ ...plain, name: 'sparse', sizeBytes: 2 ** 52 }),
	/^sparse: it needs 4294967296 MiB, and there is room for \d+ MiB\.$/,
);
test('what is no tar', refused, Buffer.alloc(1024, 'x'), /not a tar/);
test(
	'a length of names that would fill the memory',
	refused,
	Buffer.from(
		execFileSync('tar', [
			'--format=pax',
			`--pax-option=comment=${'x'.repeat(20_000)}`,
			'-cf',
			'-',
			'/dev/null',
		]),
	),
	/bytes of names|type "g"/,
);

test('extractTree() stays below its directory when a directory becomes a link meanwhile', async (t) => {
	const base = scratchFolder();
	const [folder, outside] = [join(base, 'in'), join(base, 'out')];
	for (const each of [folder, outside]) mkdirSync(each);
	symlinkSync('../out', join(folder, 'link'));
	const names = Array.from({ length: 20 }, (_, at) => [`d/${at}`, `e/${at}`]).flat();
	const tar = tarOf(...names.map((name) => ({ name, text: 'x'.repeat(600) })));
	async function* swapping(): AsyncGenerator<Uint8Array, void> {
		for (let at = 0; at < tar.length; at += 512) {
			if (at === tar.length / 2) {
				renameSync(join(folder, 'd'), join(folder, 'moved'));
				renameSync(join(folder, 'link'), join(folder, 'd'));
			}
			yield tar.subarray(at, at + 512);
		}
	}
	await t.throwsAsync(extractInto(t, folder, swapping()), { message: /d: it is not a directory/ });
	t.true(readdirSync(join(folder, 'moved')).includes('0'));
	t.deepEqual(readdirSync(outside), []);
});

test('extractTree() gives its owner to no file that takes the name of a new directory', async (t) => {
	const folder = scratchFolder();
	const secret = join(folder, 'secret');
	writeFileSync(secret, '');
	let linked = 0n;
	const ownerOf = (): readonly [uid: number, gid: number] => {
		renameSync(join(folder, 'made'), join(folder, 'moved'));
		linkSync(secret, join(folder, 'made'));
		linked = lstatSync(secret, { bigint: true }).ctimeNs;
		// The kernel's clock of files has steps of some milliseconds.
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
		return [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
	};
	await extractInto(t, folder, tarOf({ name: 'made', kind: 'directory' }), { ownerOf });
	t.is(lstatSync(secret, { bigint: true }).ctimeNs, linked);
	t.true(lstatSync(join(folder, 'moved')).ctimeMs > Number(linked / 1_000_000n), 'the directory has got it');
});

test('archiveTree() follows no link, and refuses what the kernel makes as it is read', async (t) => {
	const folder = scratchFolder();
	symlinkSync('/etc', join(folder, 'link'));
	const bytes = await collect(archiveOf(t, folder, 'link').tar);
	t.is(bytes.length, 512 * 3, 'the link alone');
	await t.throwsAsync(collect(archiveOf(t, '/proc', 'version').tar), { message: /kernel makes/ });
	await t.throwsAsync(collect(archiveOf(t, '/proc', null).tar), { message: /kernel makes/ });
	await t.throwsAsync(collect(archiveOf(t, folder, 'absent').tar), {
		message: '/of/absent: no such file or directory.',
	});
});

test('lastComponent() and parentOf()', (t) => {
	t.deepEqual(['/', '', '.', 'a/..', 'a/.', '/a', 'a/b/', 'a'].map(lastComponent), [
		null,
		null,
		null,
		null,
		null,
		'a',
		'b',
		'a',
	]);
	t.deepEqual(['/a', 'a/b', 'a', 'a/b/'].map(parentOf), ['/', 'a/', '', 'a/']);
});
