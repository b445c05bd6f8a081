import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { systemTree } from '../../../../tools/system/system-tree.ts';
import { changedServices, treeMarks } from '../../../../tools/system/tree-marks.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const system = `
onboot: [{name: first, image: "test/base:1"}]
services:
  - {name: db, image: "test/db:1", net: host}
  - {name: web, image: "test/web:1", env: [A=1]}
files: [{path: etc/a, contents: a}]
`;

const changes = test.macro({
	async exec(t, edit: (yaml: string) => string, expected: readonly string[] | null) {
		const store = openImageStore(scratchFolder(t));
		for (const name of ['base:1', 'db:1', 'db:2', 'web:1'])
			await putTestImage(store, `test/${name}`, [{ name: 'app', body: name }]);
		const marksOf = async (text: string) => {
			const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text }]), store);
			return await treeMarks(systemTree(plan, store.blobs));
		};
		t.deepEqual(changedServices(await marksOf(system), await marksOf(edit(system))), expected);
	},
	title: (title = '') => `changedServices() of ${title}`,
});

test('comments: none', changes, (yaml) => `# A comment.\n\n${yaml}`, []);
test("a service's environment: it", changes, (yaml) => yaml.replace('A=1', 'A=2'), ['web']);
test("a service's supervision: it", changes, (yaml) => yaml.replace('net: host', 'restart: {delay: 5s}'), [
	'db',
]);
test('another image: its service', changes, (yaml) => yaml.replace('db:1', 'db:2'), ['db']);
test(
	'an image that becomes shared: the one that shares it now',
	changes,
	(yaml) => yaml.replace('web:1', 'db:1').replace('A=1', 'B=1'),
	['web'],
);
test('another name: not services alone', changes, (yaml) => yaml.replace('name: web', 'name: other'), null);
test(
	'one more service: not services alone',
	changes,
	(yaml) => yaml.replace('files:', '  - {name: x, image: "test/db:1"}\nfiles:'),
	null,
);
test('a file: not services alone', changes, (yaml) => yaml.replace('contents: a', 'contents: b'), null);
test(
	'an onboot container: not services alone',
	changes,
	(yaml) => yaml.replace('base:1"', 'base:1", env: [A=1]'),
	null,
);
