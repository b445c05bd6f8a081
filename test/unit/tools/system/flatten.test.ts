import test from 'ava';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { flattenLayers } from '../../../../tools/system/flatten.ts';
import { bytesOf, type Member, makeTar } from '../../../helpers/tar.ts';

const directory = (name: string, mode = 0o755): Member => ({ name: `${name}/`, type: 'directory', mode });
const file = (name: string, body = name): Member => ({ name, body, mode: 0o644 });
const link = (name: string, linkname: string): Member => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): Member => ({ name, type: 'link', linkname });

/** The tree as lines: `d path`, `- path=contents`, `l path->target`, `h path=>target`. */
async function tree(...layers: readonly (readonly Member[])[]): Promise<string[]> {
	const tars = await Promise.all(layers.map(makeTar));
	const lines: string[] = [];
	const opened = tars.map((tar, index) => ({ what: `layer ${index}`, open: () => bytesOf(tar) }));
	for await (const entry of flattenLayers(opened)) lines.push(await lineOf(entry));
	return lines.sort();
}

async function lineOf(entry: Entry): Promise<string> {
	switch (entry.kind) {
		case 'file': {
			const parts: Uint8Array[] = [];
			for await (const part of entry.content()) parts.push(part);
			return `- ${entry.path}=${Buffer.concat(parts).toString()}`;
		}
		case 'symlink':
			return `l ${entry.path}->${entry.target}`;
		case 'hardlink':
			return `h ${entry.path}=>${entry.target}`;
		default:
			return `${entry.kind[0]} ${entry.path}`;
	}
}

const flattens = test.macro({
	async exec(t, layers: readonly (readonly Member[])[], expected: readonly string[]) {
		t.deepEqual(await tree(...layers), [...expected].sort());
	},
	title: (name = '') => `flattenLayers(): ${name}`,
});

test(
	'one layer, cleaned paths, missing folders made',
	flattens,
	[[file('./a'), file('b/c/d')]],
	['- a=./a', 'd b', 'd b/c', '- b/c/d=b/c/d'],
);
test('an upper file replaces a lower one', flattens, [[file('a', 'old')], [file('a', 'new')]], ['- a=new']);
test('a whiteout hides a file', flattens, [[file('a'), file('b')], [file('.wh.a', '')]], ['- b=b']);
test(
	'a whiteout hides a folder with all in it',
	flattens,
	[[directory('d'), file('d/a')], [file('.wh.d', '')]],
	[],
);
test(
	'a whiteout does not hide what its own layer brings',
	flattens,
	[[file('d/a')], [file('.wh.d', ''), file('d/b')]],
	['d d', '- d/b=d/b'],
);
test(
	'an opaque whiteout hides the lower files, whatever its order in the layer',
	flattens,
	[
		[directory('d'), file('d/a')],
		[directory('d'), file('d/b'), file('d/.wh..wh..opq', '')],
	],
	['d d', '- d/b=d/b'],
);
test(
	'a folder over a folder keeps what stands in it',
	flattens,
	[[directory('d'), file('d/a')], [directory('d', 0o700)]],
	['d d', '- d/a=d/a'],
);
test('a file over a folder removes it', flattens, [[file('d/a')], [file('d', 'f')]], ['- d=f']);
test('a folder over a file removes it', flattens, [[file('d', 'f')], [directory('d')]], ['d d']);
test(
	'hard links follow their file',
	flattens,
	[[file('a'), hard('b', 'a'), hard('c', 'b')]],
	['- a=a', 'h b=>a', 'h c=>a'],
);
test(
	'a hard link outlives the name that it was made of',
	flattens,
	[[file('a'), hard('b', 'a')], [file('.wh.a', '')]],
	['- b=a'],
);
test(
	'a hard link of an upper layer to a file below',
	flattens,
	[[file('a')], [hard('d/b', 'a')]],
	['- a=a', 'd d', 'h d/b=>a'],
);
test(
	'a path through a link is placed where the link leads (usr-merge)',
	flattens,
	[[directory('usr/lib'), link('lib', 'usr/lib')], [file('lib/x')]],
	['d usr', 'd usr/lib', 'l lib->usr/lib', '- usr/lib/x=lib/x'],
);
test(
	'path escape: an absolute link and one with .. stay inside the root',
	flattens,
	[
		[link('a', '/etc'), link('b', '../../../../etc')],
		[file('a/x'), file('b/y')],
	],
	['d etc', 'l a->/etc', 'l b->../../../../etc', '- etc/x=a/x', '- etc/y=b/y'],
);

test('flattenLayers() makes a hidden folder anew, whatever the order in the layer', async (t) => {
	const lower = [directory('d', 0o700), file('d/a')];
	for (const upper of [
		[file('.wh.d', ''), file('d/b')],
		[file('d/b'), file('.wh.d', '')],
	]) {
		const tars = await Promise.all([lower, upper].map(makeTar));
		const layers = tars.map((tar) => ({ what: 'a layer', open: () => bytesOf(tar) }));
		const found: Entry[] = [];
		for await (const entry of flattenLayers(layers)) found.push(entry);
		t.deepEqual(
			found.map(({ path, mode }) => `${path} ${mode.toString(8)}`),
			['d 755', 'd/b 644'],
		);
	}
});

const refused = test.macro({
	async exec(t, members: readonly Member[], code: string, message: RegExp = /^layer 0[: ]/) {
		await t.throwsAsync(tree(members), { code, message });
	},
	title: (name = '') => `flattenLayers() refuses ${name}`,
});

test(
	'path escape: a member with ..',
	refused,
	[file('../../evil')],
	'BAD_IMAGE',
	/layer 0 has the path "..\/..\/evil"/,
);
test(
	'path escape: a hard link to ..',
	refused,
	[hard('a', '../../etc/passwd')],
	'BAD_IMAGE',
	/layer 0: the hard link a has the path "..\/..\/etc\/passwd"/,
);
test(
	'path escape: a root that is a link',
	refused,
	[link('./', '/etc')],
	'BAD_IMAGE',
	/root of its tree is a/,
);
test('a file in a file', refused, [file('a'), file('a/b')], 'BAD_IMAGE', /leads through a, which is a file/);
test(
	'a path of too many folders',
	refused,
	[link('l', 'd/'.repeat(1500)), file(`l/${'d/'.repeat(1000)}x`)],
	'BAD_IMAGE',
	/more than 2048/,
);
test('a hard link to nothing', refused, [hard('a', 'b')], 'BAD_IMAGE');
test('bad whiteout: .wh..', refused, [file('.wh..', '')], 'BAD_IMAGE');
test('a loop of links', refused, [link('a', 'b'), link('b', 'a'), file('a/x')], 'BAD_IMAGE');

test('flattenLayers() refuses a tar that is cut short', async (t) => {
	const tar = await makeTar([file('a', 'x'.repeat(5000))]);
	const cut = { what: 'a layer', open: () => bytesOf(tar.subarray(0, 2000)) };
	await t.throwsAsync(async () => {
		for await (const _ of flattenLayers([cut]));
	});
});

test(
	'whiteouts in a directory that is whited out too make no directory (umoci before 0.4.3)',
	flattens,
	[
		[directory('test'), file('test/a'), file('keep')],
		[file('.wh.test', ''), file('test/.wh.a', '')],
	],
	['- keep=keep'],
);
for (const whiteout of ['no/such/.wh.x', 'no/such/.wh..wh..opq'])
	test(`${whiteout} makes no directory`, flattens, [[file('keep')], [file(whiteout, '')]], ['- keep=keep']);
test(
	"aufs' directory of hard links is not in the tree, and its files are where links lead",
	flattens,
	[
		[directory('.wh..wh.plnk'), file('.wh..wh.plnk/1.2', 'x'), hard('a', '.wh..wh.plnk/1.2')],
		[file('.wh..wh.aufs', '')],
	],
	['- a=x'],
);
