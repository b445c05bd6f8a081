// The tar as GNU tar sees it.

import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { nameFromBytes } from '../../../../supervisor/image/name-bytes.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { tarArchive } from '../../../../tools/archive/tar.ts';

import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { archive, base, entries, file } from './tar-entries.ts';

test('tarArchive() writes the bytes of GNU tar for what ustar can hold', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'f'), 'hello');
	const options = ['--format=ustar', '--mtime=@1492533000', '--mode=0644', '--owner=:0', '--group=:0'];
	const made = await runProgram('tar', [...options, '--numeric-owner', '-b2', '-cf', 'g.tar', 'f'], {
		cwd: folder,
	});
	t.is(made.exitCode, 0, made.stderr);
	const theirs = readFileSync(join(folder, 'g.tar'));
	t.deepEqual(await archive([file('f', 'hello')]), theirs.subarray(0, 2048));
});

test('tarArchive() keeps the bytes of a name that is not UTF-8', async (t) => {
	const folder = scratchFolder(t);
	const latin = nameFromBytes(Buffer.from('caf\xe9', 'latin1'));
	const to: Entry = { ...base, kind: 'symlink', path: `${latin}-link`, target: latin };
	writeFileSync(join(folder, 'a.tar'), await archive([file(latin, 'x'), to]));
	const extracted = await runProgram('tar', ['-xf', 'a.tar'], { cwd: folder });
	t.is(extracted.stderr, '');
	const names = readdirSync(folder, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
	t.deepEqual(names.sort(), ['a.tar', 'caf\xe9', 'caf\xe9-link']);
	const target = readlinkSync(
		Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from('e92d6c696e6b', 'hex')]),
		{
			encoding: 'buffer',
		},
	);
	t.is(target.toString('latin1'), 'caf\xe9');
});

test('tarArchive() of the same entries gives the same bytes', async (t) => {
	t.deepEqual(await archive(entries), await archive(entries));
});

test('tarArchive() refuses a file that has changed its size', async (t) => {
	await t.throwsAsync(archive([{ ...file('a', 'four'), sizeBytes: 5 } as Entry]), { code: 'BAD_IMAGE' });
});

const refused: readonly (readonly [string, Entry, RegExp])[] = [
	['major', { ...base, kind: 'block', path: 'x', major: 4096, minor: 0 }, /^x: major is 4096/],
	['minor', { ...base, kind: 'block', path: 'x', major: 0, minor: 2 ** 40 }, /^x: minor is 1099511627776/],
	['mode', file('x', '', { mode: 8 ** 8 }), /^x: mode is 16777216/],
	['uid', file('x', '', { uid: 2 ** 32 }), /^x: uid is 4294967296/],
	['negative gid', file('x', '', { gid: -1 }), /^x: gid is -1/],
	['mtime with a fraction', file('x', '', { mtimeSeconds: 0.5 }), /mtimeSeconds is 0\.5/],
	['mtime without an end', file('x', '', { mtimeSeconds: Infinity }), /mtimeSeconds is Infinity/],
	['negative size', file('x', '', { sizeBytes: -1 } as Partial<Entry>), /sizeBytes is -1/],
];

for (const [field, entry, message] of refused) {
	test(`tarArchive() lets no number run out of its field: ${field}`, async (t) => {
		await t.throwsAsync(archive([entry]), { code: 'BAD_IMAGE', message });
	});
}

test('tarArchive() writes what octal fields can not hold as PAX records, which GNU tar reads', async (t) => {
	const folder = scratchFolder(t);
	const owner = { uid: 2 ** 32 - 1, gid: 8 ** 7, mtimeSeconds: 8 ** 11 };
	const list = [
		file('late', 'x', owner),
		file('edge', 'y', { uid: 8 ** 7 - 1, gid: 8 ** 7 - 1, mtimeSeconds: 8 ** 11 - 1, mode: 0o7777 }),
		{ ...base, kind: 'block', path: 'node', major: 4095, minor: 2 ** 20 - 1 } as const,
		file('after', 'z'),
	];
	writeFileSync(join(folder, 'a.tar'), await archive(list));
	const options = ['--numeric-owner', '--utc', '--full-time', '-tvf', 'a.tar'];
	const { stdout, stderr } = await runProgram('tar', options, { cwd: folder });
	t.is(stderr, '');
	t.deepEqual(stdout.trimEnd().replaceAll(/ +/g, ' ').split('\n'), [
		'-rw-r--r-- 4294967295/2097152 1 2242-03-16 12:56:32 late',
		'-rwsrwsrwt 2097151/2097151 1 2242-03-16 12:56:31 edge',
		'brw-r--r-- 0/0 4095,1048575 2017-04-18 16:30:00 node',
		'-rw-r--r-- 0/0 1 2017-04-18 16:30:00 after',
	]);
});

test('tarArchive() announces a file of 8 GiB as GNU tar reads it', async (t) => {
	const big = { ...file('big', ''), sizeBytes: 8 * 2 ** 30 } as Entry;
	const parts: Uint8Array[] = [];
	const stream = async function* () {
		yield big;
	};
	await t.throwsAsync(
		async () => {
			for await (const part of tarArchive(stream())) parts.push(part);
		},
		{ code: 'BAD_IMAGE' },
	);
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'a.tar'), Buffer.concat(parts));
	const { stdout } = await runProgram('tar', ['-tvf', 'a.tar'], { cwd: folder });
	t.regex(stdout, / 8589934592 /);
});
