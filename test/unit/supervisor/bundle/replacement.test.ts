import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { mountReplacement } from '../../../../supervisor/bundle/replacement.ts';
import { replacementPaths } from '../../../../supervisor/contract/layout.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchPaths } from '../../../helpers/scratch-paths.ts';

test('mountReplacement() unmounts what a crash of PID 1 has left mounted, and removes its image when it fails', (t) => {
	const paths = scratchPaths();
	const { folder, file } = replacementPaths(paths, 7);
	const [mounted, empty] = [join(folder, '5'), join(folder, '6')];
	for (const each of [mounted, empty]) mkdirSync(each, { recursive: true });
	writeFileSync(file, 'an image');
	const { native, lines } = createFakeNative({
		umount2(path: string) {
			if (path === empty) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
		},
		loopFree() {
			throw new Error('no loop device');
		},
	});
	t.throws(() => mountReplacement(native, paths, 7));
	t.deepEqual(lines().slice(0, 2).sort(), [`umount2 ${mounted} 2`, `umount2 ${empty} 2`]);
	for (const each of [mounted, empty, file]) t.false(existsSync(each), each);
});
