import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseMountInfo } from '../../../../native/linux/mountinfo.ts';
import { deviceMounts, mountAt } from '../../../../pkg/mount/mounts.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const lines = `
21 1 0:20 / / rw shared:1 - tmpfs rootfs rw
30 21 254:1 / /var/lib/my\\040data rw,relatime shared:7 master:2 - ext4 /dev/vda1 rw
31 30 0:40 /sub /var/lib/many rw - btrfs /dev/vdb1 rw
32 30 254:17 / /var/lib/many ro - xfs /some/where/else rw
`;

test('deviceMounts() returns device, mount point and whether others see the mount', (t) => {
	const sys = scratchFolder(t);
	mkdirSync(join(sys, 'dev/block'), { recursive: true });
	symlinkSync('../../devices/pci/vda/vda1', join(sys, 'dev/block/254:1'));
	symlinkSync('../../devices/pci/vdb/vdb1', join(sys, 'dev/block/254:17'));
	const mounts = deviceMounts(parseMountInfo(lines), { sys, dev: '/dev' });
	t.deepEqual(mounts, [
		{ mountPoint: '/var/lib/my data', device: '/dev/vda1', isShared: true },
		{ mountPoint: '/var/lib/many', device: '/dev/vdb1', isShared: false },
		{ mountPoint: '/var/lib/many', device: '/dev/vdb1', isShared: false },
	]);
	t.is(mountAt('/var/lib/many', mounts), mounts[2]);
	t.is(mountAt('/var/lib', mounts), undefined);
});
