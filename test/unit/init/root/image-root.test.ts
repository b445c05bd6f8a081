import test from 'ava';
import { imageRoot } from '../../../../init/root/image-root.ts';
import { parseMountInfo } from '../../../../native/linux/mountinfo.ts';

const line = (id: number, point: string, type: string): string =>
	`${id} 1 254:0 / ${point} ro - ${type} /dev/vda ro`;

test('imageRoot() is the topmost mount of the root when that is an image', (t) => {
	const entries = parseMountInfo(
		[line(1, '/', 'ramfs'), line(2, '/', 'squashfs'), line(3, '/mnt', 'ext4')].join('\n'),
	);
	t.like(imageRoot(entries), { id: 2, source: '/dev/vda', deviceNumbers: '254:0' });
});

test('imageRoot() is null for a root in memory, and for an overlay over an image', (t) => {
	t.is(imageRoot(parseMountInfo(line(1, '/', 'tmpfs'))), null);
	t.is(imageRoot(parseMountInfo([line(1, '/', 'squashfs'), line(2, '/', 'overlay')].join('\n'))), null);
	t.is(imageRoot([]), null);
});
