// The data comes from outside: whatever it says, nothing is written but below the one folder.

import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { writeTree } from '../../../../pkg/metadata/config-folder.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function write(t: ExecutionContext, tree: unknown, prepare: (config: string) => void = () => undefined) {
	const outer = scratchFolder(t);
	const config = join(outer, 'config');
	mkdirSync(config);
	prepare(config);
	const problems: string[] = [];
	writeTree(config, tree, problems);
	return { outer, config, problems, names: readdirSync(outer, { recursive: true }).sort() };
}

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test('writeTree() makes folders and files as deep as they are, with their permissions', (t) => {
	const { config, problems } = write(t, {
		ssh: { entries: { sshd_config: { perm: '0600', content: 'PermitRootLogin no' } } },
		foo: { perm: '0700', entries: { bar: { content: 'ä' }, deep: { entries: { er: { content: '' } } } } },
		top: { content: 'x', perm: '04755' },
	});
	t.deepEqual(problems, []);
	t.is(readFileSync(join(config, 'ssh/sshd_config'), 'utf8'), 'PermitRootLogin no');
	t.is(readFileSync(join(config, 'foo/bar'), 'utf8'), 'ä');
	t.is(readFileSync(join(config, 'foo/deep/er'), 'utf8'), '');
	const paths = ['ssh', 'ssh/sshd_config', 'foo', 'foo/bar', 'top'];
	// The set-user-ID bit is not taken over.
	t.deepEqual(
		paths.map((path) => modeOf(join(config, path))),
		['755', '600', '700', '644', '755'],
	);
});

const escapes = test.macro({
	exec(t, name: string) {
		const { names, problems } = write(t, { [name]: { content: 'evil' }, fine: { content: 'good' } });
		t.deepEqual(names, ['config', 'config/fine']);
		t.is(problems.length, 1);
		t.regex(problems[0] ?? '', /it is no name of a file: an entry is one name/);
	},
	title: (_, name) => `writeTree() refuses the name ${JSON.stringify(name)}`,
});

for (const name of ['..', '.', '', '../evil', '/etc/evil', 'a/b', 'a\0b']) test(escapes, name);

test('writeTree() refuses an escaping folder', (t) => {
	const { names, problems } = write(t, { '..': { entries: { evil: { content: 'x' } } } });
	t.deepEqual(names, ['config']);
	t.regex(problems[0] ?? '', /^\.\.: it is no name of a file/);
});

test('writeTree() follows no link that stands in the way, of a file or of a folder', (t) => {
	const tree = { file: { content: 'evil' }, folder: { entries: { evil: { content: 'evil' } } } };
	const { outer, names, problems } = write(t, tree, (config) => {
		mkdirSync(join(config, '../outside'));
		writeFileSync(join(config, '../victim'), 'precious');
		symlinkSync('../victim', join(config, 'file'));
		symlinkSync('../outside', join(config, 'folder'));
	});
	t.is(readFileSync(join(outer, 'victim'), 'utf8'), 'precious');
	t.deepEqual(names, ['config', 'config/file', 'config/folder', 'outside', 'victim']);
	t.regex(problems[0] ?? '', /^file: ELOOP/);
	t.regex(problems[1] ?? '', /^folder: .* is there and is no folder$/);
});

const wrongEntries: readonly [what: string, entry: unknown, problem: RegExp][] = [
	['neither content nor entries', {}, /^a: expected either "content" or "entries"$/],
	['both', { content: '', entries: {} }, /expected either/],
	['null', null, /expected either/],
	['a text', 'x', /expected either/],
	['content that is no text', { content: 7 }, /"content" is no text/],
	['entries that are a list', { entries: [1] }, /^a is no map of names and entries$/],
	['permissions that are none', { content: '', perm: '0999' }, /"perm" is no text of octal digits/],
	['permissions that are a number', { content: '', perm: 644 }, /"perm" is no text of octal digits/],
];

for (const [what, entry, problem] of wrongEntries) {
	test(`writeTree() tells an entry with ${what}, and writes the others`, (t) => {
		const { config, problems } = write(t, { a: entry, b: { content: 'yes' } });
		t.is(problems.length, 1);
		t.regex(problems[0] ?? '', problem);
		t.is(readFileSync(join(config, 'b'), 'utf8'), 'yes');
	});
}

test('writeTree() ends at a depth of its own', (t) => {
	let tree: unknown = { leaf: { content: '' } };
	for (let depth = 0; depth < 40; depth += 1) tree = { d: { entries: tree } };
	t.regex(write(t, tree).problems[0] ?? '', /more than 32 folders deep/);
});

test('writeTree() takes a name of JavaScript for a name', (t) => {
	const { config, problems } = write(t, JSON.parse('{"__proto__": {"content": "x"}}'));
	t.deepEqual(problems, []);
	t.is(readFileSync(join(config, '__proto__'), 'utf8'), 'x');
});

test('writeTree() refuses a tree that is none', (t) => {
	t.deepEqual(write(t, [1]).problems, ['the user data is no map of names and entries']);
});
