import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { xdgFolder } from '../../../../tools/files/home-folder.ts';

const module = pathToFileURL('tools/files/home-folder.ts').href;

/** Of another process: Node reads HOME of its own environment. */
function homeWith(HOME: string): string {
	const script = `import { homeFolder } from ${JSON.stringify(module)}; process.stdout.write(homeFolder());`;
	return spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
		env: { HOME },
		encoding: 'utf8',
	}).stdout;
}

test('homeFolder() is HOME, but for one that would be in the working directory', (t) => {
	t.is(homeWith('/some/where'), '/some/where');
	t.is(homeWith(''), userInfo().homedir);
	t.is(homeWith('some/where'), userInfo().homedir);
});

test('xdgFolder() ignores a relative path, as the specification says', (t) => {
	t.deepEqual([undefined, '', 'a/b', '/a'].map(xdgFolder), [null, null, null, '/a']);
});
