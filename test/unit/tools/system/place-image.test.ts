import test from 'ava';
import type { Entry, HardLinkEntry } from '../../../../tools/archive/entry.ts';
import { placeImage } from '../../../../tools/system/place-image.ts';

const base = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 5 };

function file(path: string, ...names: readonly string[]): Entry[] {
	const links = names.map((name): HardLinkEntry => ({ ...base, kind: 'hardlink', path: name, target: path }));
	const content = async function* () {
		yield Buffer.from(path);
	};
	const entry: Entry = { ...base, kind: 'file', path, sizeBytes: path.length, content };
	return [names.length === 0 ? entry : { ...entry, links }, ...links];
}

const folder = (path: string, mode = 0o755): Entry => ({ ...base, kind: 'directory', path, mode });

async function placed(
	entries: readonly Entry[],
	prefix = 'p',
	resolvConfLink: string | null = null,
	userBase: number | null = null,
) {
	const result: Entry[] = [];
	const stream = async function* () {
		yield* entries;
	};
	for await (const entry of placeImage(stream(), { prefix, resolvConfLink, userBase })) result.push(entry);
	return result;
}

/** The entries that LinuxKit adds to every image. */
const added = ['dev', 'dev/pts', 'dev/shm', 'etc', 'etc/hosts', 'etc/mtab', 'etc/resolv.conf', 'proc', 'sys'];

const paths = test.macro({
	async exec(t, entries: readonly Entry[], expected: readonly string[]) {
		const found = (await placed(entries)).map((entry) => entry.path);
		t.deepEqual(found, ['p', ...[...expected, ...added].map((path) => `p/${path}`)]);
	},
	title: (name = '') => `placeImage() ${name}`,
});

test('adds what every container needs', paths, [], []);
test(
	'drops what a build leaves behind',
	paths,
	[
		...['.dockerenv', 'Dockerfile', 'dev/console', 'dev/shm/x', 'etc/hostname', 'etc/hosts'].flatMap((path) =>
			file(path),
		),
		...file('etc/resolv.conf'),
		...file('app'),
		...file('sub/Dockerfile'),
	],
	['app', 'sub/Dockerfile'],
);
test('keeps a link to a file that it drops', paths, file('etc/hostname', 'a', 'b'), ['a', 'b']);
test('drops a link to a file that it keeps', paths, file('a', 'etc/hostname', 'b'), ['a', 'b']);
test('drops a file with all its links', paths, file('etc/hostname', 'etc/hosts'), []);

test('placeImage() gives the bytes to the first name that is left, and the others are its links', async (t) => {
	const [, first, second] = await placed(file('etc/hostname', 'a', 'b'));
	t.like(first, { kind: 'file', path: 'p/a', sizeBytes: 'etc/hostname'.length });
	t.like(second, { kind: 'hardlink', path: 'p/b', target: 'p/a' });
	if (first?.kind !== 'file') throw new Error('no file');
	t.deepEqual(
		first.links?.map((link) => link.path),
		['p/b'],
	);
});

test("placeImage() gives the folders that every container needs LinuxKit's mode, owner and time", async (t) => {
	const entries = await placed([folder('etc', 0o700), folder('srv', 0o711), folder('sys', 0o555)]);
	t.deepEqual(
		entries
			.filter((entry) => /(etc|srv|sys)$/.test(entry.path))
			.map(({ path, mode, mtimeSeconds }) => [path, mode, mtimeSeconds]),
		[
			['p/etc', 0o755, 1492533000],
			['p/srv', 0o711, 5],
			['p/sys', 0o755, 1492533000],
		],
	);
});

test('placeImage() leaves a link where it would make a folder', async (t) => {
	const link: Entry = { ...base, kind: 'symlink', path: 'sys', target: 'elsewhere' };
	const found = (await placed([link])).filter((entry) => entry.path === 'p/sys');
	t.deepEqual(found, [{ ...link, path: 'p/sys', mtimeSeconds: 1492533000 }]);
});

test('placeImage() links resolv.conf in an init image, at the root itself', async (t) => {
	const link = (await placed([], '', '/run/resolvconf/resolv.conf')).find(
		(entry) => entry.path === 'etc/resolv.conf',
	);
	t.like(link, { kind: 'symlink', target: '/run/resolvconf/resolv.conf', mode: 0o644 });
});

test('placeImage() writes nothing through a link of the image: path escape', async (t) => {
	const link = (path: string, target: string): Entry => ({ ...base, kind: 'symlink', path, target });
	const entries = await placed([link('dev', '/'), link('etc', '/etc')]);
	t.deepEqual(
		entries.map(({ kind, path }) => `${kind} ${path}`),
		['directory p', 'symlink p/dev', 'symlink p/etc', 'directory p/proc', 'directory p/sys'],
	);
});

test('placeImage() gives an image to a range of users: its own root, every file and link, and what is added', async (t) => {
	const entries = await placed([folder('bin'), ...file('bin/a', 'bin/b')], 'containers/lower', null, 655_360);
	const [above, ...inside] = entries;
	t.like(above, { path: 'containers', uid: 0, gid: 0 });
	t.like(inside[0], { path: 'containers/lower' });
	t.true(inside.length > 5);
	for (const entry of inside) t.like(entry, { uid: 655_360, gid: 655_360 }, entry.path);
	const carried = inside.flatMap((entry) => (entry.kind === 'file' ? (entry.links ?? []) : []));
	t.like(carried, [{ path: 'containers/lower/bin/b', uid: 655_360 }]);
});
