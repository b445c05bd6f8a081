import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { treeBytes } from '../../../../init/root/tree-size.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('treeBytes() counts the whole pages of files, those with several names once, and follows no links', (t) => {
	const tree = join(scratchFolder(t), 'tree');
	mkdirSync(join(tree, 'a/b'), { recursive: true });
	t.is(treeBytes(tree), 0);
	writeFileSync(join(tree, 'empty'), '');
	writeFileSync(join(tree, 'small'), 'x');
	writeFileSync(join(tree, 'a/page'), Buffer.alloc(4096));
	writeFileSync(join(tree, 'a/b/more'), Buffer.alloc(4097));
	linkSync(join(tree, 'a/b/more'), join(tree, 'linked'));
	linkSync(join(tree, 'a/b/more'), join(tree, 'a/linked'));
	symlinkSync('/usr', join(tree, 'usr'));
	symlinkSync('nowhere', join(tree, 'a/nowhere'));
	execFileSync('mkfifo', [join(tree, 'fifo')]);
	t.is(treeBytes(tree), (1 + 1 + 2) * 4096);
});
