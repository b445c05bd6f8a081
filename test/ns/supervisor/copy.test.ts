import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { archiveTree } from '../../../supervisor/copy/archive-tree.ts';
import { scratchFolder } from '../../helpers/scratch-folder.ts';

test('archiveTree() leaves out a file of the kernel that is bound into the tree', async (t) => {
	const folder = scratchFolder();
	const top = join(folder, 'top');
	mkdirSync(top);
	for (const name of ['bound', 'own']) writeFileSync(join(top, name), name);
	execFileSync('mount', ['--bind', '/proc/version', join(top, 'bound')]);
	t.teardown(() => execFileSync('umount', [join(top, 'bound')]));
	const folderFd = openSync(folder, 'r');
	t.teardown(() => closeSync(folderFd));
	const leftOut: string[] = [];
	const tar = archiveTree({
		folderFd,
		name: 'top',
		shown: 'top',
		parent: '',
		leftOut: (...each) => leftOut.push(each.join(' ')),
	});
	const names = execFileSync('tar', ['-t'], { input: await buffer(tar), encoding: 'utf8' });
	t.is(names, 'top/\ntop/own\n');
	t.deepEqual(leftOut, ['top/bound is made by the kernel as it is read']);
});
