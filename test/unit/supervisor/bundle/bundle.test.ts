import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
	asRuntimeConfig,
	bundleFolders,
	programOf,
	readBundle,
	readSpec,
	rootUserOf,
} from '../../../../supervisor/bundle/bundle.ts';
import { ShapeError } from '../../../../supervisor/contract/json-shape.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
	const folder = join(scratchFolder(), 'redis');
	mkdirSync(folder);
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	return folder;
}

test('bundleFolders() is sorted, and empty when there is no folder', (t) => {
	const parent = scratchFolder();
	for (const name of ['001-b', '000-z', '010-a']) mkdirSync(join(parent, name));
	writeFileSync(join(parent, 'file'), '');
	t.deepEqual(bundleFolders(parent), [join(parent, '000-z'), join(parent, '001-b'), join(parent, '010-a')]);
	t.deepEqual(bundleFolders(join(parent, 'none')), []);
});

test('readBundle() accepts a bundle without runtime.json, and one with nulls for lists', (t) => {
	t.deepEqual(readBundle(folderWith({})).runtime.mounts, []);
	t.deepEqual(readBundle(folderWith({ 'runtime.json': '{"mounts": null}' })).runtime.mounts, []);
});

test('readBundle() names the bundle after its folder', (t) => {
	t.is(readBundle(folderWith({})).name, 'redis');
});

test('readSpec() makes the root path absolute and keeps everything else', (t) => {
	const folder = folderWith({
		'config.json':
			'{"ociVersion":"1.2.1","process":{"args":["/app","x"],"oomScoreAdj":7},"root":{"path":"rootfs","readonly":true}}',
	});
	const spec = readSpec(readBundle(folder));
	t.deepEqual(spec, {
		ociVersion: '1.2.1',
		process: { args: ['/app', 'x'], oomScoreAdj: 7 },
		root: { path: join(folder, 'rootfs'), readonly: true },
	});
	t.is(programOf(spec), '/app');
	t.is(programOf({}), undefined);
});

test('readSpec() sets oomScoreAdj, so that a container does not inherit the one of its shim', (t) => {
	const folder = folderWith({ 'config.json': '{"process":{"args":["/app"]},"root":{"path":"rootfs"}}' });
	t.like(readSpec(readBundle(folder)), { process: { args: ['/app'], oomScoreAdj: 0 } });
});

test('readSpec() names a missing config.json and one that is not JSON', (t) => {
	t.throws(() => readSpec(readBundle(folderWith({}))), { instanceOf: ShapeError, message: /config\.json/ });
	t.throws(() => readSpec(readBundle(folderWith({ 'config.json': '{' }))), {
		instanceOf: ShapeError,
		message: /config\.json must be JSON/,
	});
});

const rejects = test.macro({
	exec(t, value: unknown, place: string) {
		t.throws(() => asRuntimeConfig(value, 'runtime.json'), {
			instanceOf: ShapeError,
			message: new RegExp(`^runtime\\.json${place}`),
		});
	},
	title: (_, value) => `asRuntimeConfig() rejects ${JSON.stringify(value)}`,
});

test(rejects, [], ' must be an object');
test(rejects, { mounts: 'x' }, ': mounts must be a list');
test(rejects, { mounts: [{}] }, ': mounts\\[0\\].destination must be a string');
test(
	rejects,
	{ mounts: [{ destination: '/', options: [1] }] },
	': mounts\\[0\\].options\\[0\\] must be a string',
);
test(
	rejects,
	{ interfaces: [{ createInRoot: 1 }] },
	': interfaces\\[0\\].createInRoot must be true or false',
);
test(rejects, { bindNS: { net: 1 } }, ': bindNS.net must be a string');

test('rootUserOf() is the user to which a mapping leads from 0', (t) => {
	const rootOf = (linux: object) =>
		rootUserOf(readBundle(folderWith({ 'config.json': JSON.stringify({ linux }) })));
	const mapping = (containerID: number, hostID: number) => ({ containerID, hostID, size: 10 });
	t.is(rootOf({}), 0);
	t.is(rootOf({ uidMappings: [mapping(10, 7), mapping(0, 655_360)] }), 655_360);
	t.is(rootOf({ uidMappings: [mapping(10, 7)] }), 0);
	t.is(rootUserOf(readBundle(folderWith({}))), 0);
	t.throws(() => rootOf({ uidMappings: 5 }), { instanceOf: ShapeError });
});
