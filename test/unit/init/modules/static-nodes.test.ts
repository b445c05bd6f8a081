import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { makeStaticNodes, parseModulesDevname } from '../../../../init/modules/static-nodes.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const index = `# Device nodes to trigger on-demand module loading.
fuse fuse c10:229
dm_mod mapper/control c10:236
loop loop-control c10:237
old ../../etc/passwd c1:1
`;

test('parseModulesDevname() reads depmod’s lines and refuses a path that leaves /dev', (t) => {
	t.deepEqual(parseModulesDevname(`${index}brd ram0 b1:0`), [
		{ name: 'fuse', kind: 'S_IFCHR', major: 10, minor: 229 },
		{ name: 'mapper/control', kind: 'S_IFCHR', major: 10, minor: 236 },
		{ name: 'loop-control', kind: 'S_IFCHR', major: 10, minor: 237 },
		{ name: 'ram0', kind: 'S_IFBLK', major: 1, minor: 0 },
	]);
});

test('makeStaticNodes() makes nodes and their folders, keeps an existing node, and needs no index', (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'modules.devname'), index);
	const fake = createFakeNative({
		mknod: (path: string) => {
			if (path.endsWith('/fuse')) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' });
		},
	});
	const character = fake.native.constants['S_IFCHR'] ?? 0;
	makeStaticNodes(fake.native, join(folder, 'modules.devname'), folder);
	t.deepEqual(fake.lines(), [
		`mknod ${folder}/fuse ${character | 0o666} 10 229`,
		`mknod ${folder}/mapper/control ${character | 0o600} 10 236`,
		`mknod ${folder}/loop-control ${character | 0o600} 10 237`,
	]);
	makeStaticNodes(fake.native, join(folder, 'none'), folder);
	t.is(fake.calls.length, 3);
});
