import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { readContents } from '../../../../tools/explain/contents.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

test('readContents() has the sizes of files, and tells each part before it reads it, for a line of progress', async (t) => {
	const store = openImageStore(join(scratchFolder(t), 'store'));
	for (const name of ['t/init:v1', 't/web:v1'])
		await putTestImage(store, name, [{ name: 'a', body: 'four' }]);
	const text = 'init: [t/init:v1]\nservices: [{ name: web, image: "t/web:v1", command: [/a] }]\n';
	const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text }]), store);
	const told: [done: number, total: number, next: string][] = [];
	const { parts } = await readContents(plan, store.blobs, false, (...each) => void told.push(each));
	t.deepEqual(
		told.map(([done]) => done),
		told.map((_, index) => index),
	);
	t.true(told.every(([, total]) => total === told.length));
	const names = told.map(([, , next]) => next);
	for (const { name } of parts) t.true(names.includes(name), name);
	t.true(names.includes('t/web:v1'));
	const files = parts.find(({ name }) => name === 't/web:v1')?.files ?? [];
	const sizes = files
		.filter(({ path }) => path.endsWith('/a'))
		.map(({ kind, sizeBytes }) => [kind, sizeBytes]);
	t.deepEqual(sizes, [['file', 4]]);
	t.true(files.every(({ kind, sizeBytes }) => kind === 'file' || sizeBytes === 0));
});
