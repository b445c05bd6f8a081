import test from 'ava';
import { isCloudConfig, parseCloudConfig, parseMetaData } from '../../../../pkg/metadata/instance.ts';

const reads = test.macro({
	async exec(t, text: string, expected: object) {
		t.deepEqual(await parseMetaData(text), { hostname: null, keys: [], problems: [], ...expected });
	},
	title: (name = '') => `parseMetaData() reads ${name}`,
});

test(
	'the hostname and a list of keys',
	reads,
	'instance-id: i\nlocal-hostname: web\npublic-keys:\n - a b\n - c d\n',
	{
		hostname: 'web',
		keys: ['a b', 'c d'],
	},
);
test('JSON', reads, '{"hostname": "web", "public-keys": ["a b"]}', { hostname: 'web', keys: ['a b'] });
test("Amazon's form of keys", reads, 'public-keys: {one: "a b", two: ["c d", "e f"]}', {
	keys: ['a b', 'c d', 'e f'],
});
test('keys in one text', reads, 'public-keys: |\n  a b\n\n  c d\n', { keys: ['a b', 'c d'] });
test('nothing', reads, '# nothing\n', {});
test('a hostname that is no text', reads, 'local-hostname: 7\n', {
	problems: ['meta-data: the hostname is no text'],
});
test('keys that are none', reads, 'public-keys: {a: {b: c}}\n', {
	problems: ['meta-data: public-keys is no list of keys'],
});
test('a list', reads, '- a\n', { problems: ['meta-data is no map of keys and values'] });

test('parseMetaData() reads no megabyte of YAML, which may take seconds', async (t) => {
	const { problems } = await parseMetaData(`hostname: ${'a'.repeat(512 * 1024)}`);
	t.regex(problems.join(), /^meta-data is longer than the 512 KiB of YAML that are read$/);
});

test('parseMetaData() takes the last one of equal keys, as cloud-init does', async (t) => {
	const { hostname, problems } = await parseMetaData('hostname: a\nhostname: b\n');
	t.deepEqual([hostname, problems], ['b', []]);
});

test('parseMetaData() says what is no YAML', async (t) => {
	const { problems } = await parseMetaData('b: c\na: b: c\n');
	t.regex(problems[0] ?? '', /^meta-data is no YAML: line 2: .+/);
	t.false(problems[0]?.includes('\n'));
});

test('parseMetaData() is not made endless by aliases', async (t) => {
	const levels = Array.from(
		{ length: 30 },
		(_, n) => `l${n}: &l${n} [${n === 0 ? 'x' : `*l${n - 1}, *l${n - 1}`}]`,
	);
	const { problems } = await parseMetaData(levels.join('\n'));
	t.regex(problems[0] ?? '', /alias/i);
});

test('parseCloudConfig() takes the hostname and the keys', async (t) => {
	const text = '#cloud-config\nhostname: web\nssh_authorized_keys: [a b]\npackages: [x]\n';
	t.true(isCloudConfig(text));
	t.false(isCloudConfig('{"a": 1}\n#cloud-config\n'));
	t.deepEqual(await parseCloudConfig(text), { hostname: 'web', keys: ['a b'], problems: [] });
});
