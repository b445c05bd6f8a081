import { readFileSync } from 'node:fs';
import test from 'ava';

/** Returns the packages of a variable of the Makefile, sorted. */
function listOf(name: string): readonly string[] {
	const lines = readFileSync('Makefile', 'utf8').replaceAll('\\\n', ' ').split('\n');
	const line = lines.find((each) => each.startsWith(`${name} = `)) ?? '';
	return (line.split('=')[1] ?? '')
		.split(/\s+/)
		.filter((word) => /^[a-z0-9]/.test(word))
		.toSorted();
}

/** Returns the words in backquotes of a text, sorted. */
const quoted = (text: string | undefined): readonly string[] =>
	[...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word).toSorted();

test('make run installs what the README and the table of CONTRIBUTING name, and nothing else', (t) => {
	const run = listOf('RUN_DEBIAN_PACKAGES');
	t.true(run.includes('qemu-system-x86'));
	const readme = /For `make run` these are ([^;]+);/.exec(readFileSync('README.md', 'utf8'));
	t.deepEqual(quoted(readme?.[1]), run);
	const rows = readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/^\| `([^`]+)` +\| +\d+ +\|/gm);
	t.deepEqual([...rows].map(([, name]) => name).toSorted(), run);
});

test('no list installs a server: they are unpacked', (t) => {
	const servers = listOf('SERVER_DEBIAN_PACKAGES');
	t.deepEqual(servers, ['containerd', 'docker-registry']);
	for (const kind of ['RUN', 'MEDIA', 'LINT', 'CROSS', 'TEST', 'FUZZ']) {
		const installed = listOf(`${kind}_DEBIAN_PACKAGES`);
		t.true(installed.length > 0, kind);
		t.deepEqual(
			installed.filter((name) => servers.includes(name)),
			[],
			kind,
		);
	}
});
