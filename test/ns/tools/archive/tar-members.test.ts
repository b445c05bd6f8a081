// Tars with devices and file capabilities, as GNU tar writes them.

import test from 'ava';
import { gnuTar, read } from '../../../unit/supervisor/image/gnu-tar.ts';

const longName = `${'folder-with-a-long-name/'.repeat(8)}file`;

const script = `mkdir -p "$(dirname ${longName})" d && echo long > ${longName}
	printf hello > d/file && chmod 4751 d/file && ln d/file d/hard && ln -s ${longName} d/link
	mknod d/null c 1 3 && mkfifo d/pipe && : > d/empty && printf x > d/é`;

for (const format of ['gnu', 'posix', 'pax --pax-option=delete=atime,delete=ctime']) {
	for (const chunkBytes of [1 << 20, 700]) {
		test(`tarMembers() reads GNU tar's ${format} in chunks of ${chunkBytes} bytes`, async (t) => {
			const [name = '', ...more] = format.split(' ');
			const tar = await gnuTar(t, script, `--format=${name}`, '--owner=:3000000', '--group=:70000', ...more);
			const members = new Map((await read(tar, chunkBytes)).map((each) => [each.header.name, each]));
			const header = (path: string) => members.get(`./${path}`)?.header;
			t.is(members.get(`./${longName}`)?.body, 'long\n');
			t.is(members.get('./d/é')?.body, 'x');
			t.like(header('d/link'), { kind: 'symlink', linkname: longName });
			t.like(header('d/null'), { kind: 'character', major: 1, minor: 3 });
			t.like(header('d/pipe'), { kind: 'fifo', sizeBytes: 0 });
			t.like(header('d/file'), { kind: 'file', mode: 0o4751, uid: 3_000_000, gid: 70_000, sizeBytes: 5 });
			t.is(header('d/file')?.mtimeSeconds, 1492533000);
			t.like(header('d/hard'), { kind: 'link', linkname: './d/file', sizeBytes: 0 });
			t.is(header('d/')?.kind, 'directory');
		});
	}
}

test('tarMembers() keeps each byte of a binary attribute: a file capability', async (t) => {
	const tar = await gnuTar(
		t,
		'touch ping && setcap cap_net_raw,cap_setuid+ep ping',
		'--xattrs',
		'--xattrs-include=*',
	);
	const ping = (await read(tar)).find(({ header }) => header.name === './ping');
	// VFS_CAP_REVISION_2 with the effective bit, then CAP_SETUID (bit 7) and CAP_NET_RAW (bit 13), capabilities(7).
	const expected = Buffer.from('0100000280200000000000000000000000000000', 'hex');
	t.deepEqual(Buffer.from(ping?.header.xattrs.get('security.capability') ?? []), expected);
});
