import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import type { Plan } from '../../../../tools/resolve/plan.ts';
import { billOfMaterials } from '../../../../tools/sbom/bill-of-materials.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';
import { spdxProblems } from '../sbom/spdx-rules.ts';

const yaml = `init: [t/ours:v1]
onboot: [{ name: a, image: "t/theirs:v1" }, { name: b, image: "t/theirs:v1" }]
volumes: [{ name: kept, image: "t/kept:v1", format: oci }]
`;
const pin = { name: 'libc6', version: '2.36', architecture: 'amd64', sha256: 'c'.repeat(64) };

async function place(t: ExecutionContext) {
	const folder = scratchFolder(t);
	const store = openImageStore(join(folder, 'store'));
	const Labels = { 'org.slipway.debian': JSON.stringify([pin]) };
	await putTestImage(store, 't/ours:v1', [{ name: 'init', body: 'i' }], { Labels });
	for (const name of ['theirs', 'kept']) await putTestImage(store, `t/${name}:v1`, [{ name, body: name }]);
	writeFileSync(join(folder, 'os.yml'), yaml);
	const build = async (...options: readonly string[]) => {
		// The images have no programs.
		const common = [
			'--offline',
			'--accept',
			'command',
			'--format',
			'tar',
			'--cache',
			store.folder,
			'--dir',
			folder,
		];
		return await runCommand(buildCommand, ...common, ...options, join(folder, 'os.yml'));
	};
	return { folder, store, build, file: join(folder, 'os.spdx.json') };
}

test('slipway build --sbom writes every image, and the packages in our own images', async (t) => {
	const { store, build, file } = await place(t);
	const built = await build('--sbom');
	t.true(built.out.includes(`${file}  `), built.out);
	const document = JSON.parse(readFileSync(file, 'utf8'));
	t.deepEqual(spdxProblems(document), []);
	const urls = (document.packages as { externalRefs?: { referenceLocator: string }[] }[]).flatMap(
		(each) => each.externalRefs?.[0]?.referenceLocator ?? [],
	);
	const imageUrl = async (name: string, arch = 'arch=amd64&'): Promise<string> => {
		const digest = (await store.resolve(`t/${name}:v1`))?.digest.replace(':', '%3A');
		return `pkg:oci/${name}@${digest}?${arch}repository_url=docker.io/t/${name}&tag=v1`;
	};
	t.deepEqual(urls, [
		await imageUrl('kept', ''),
		await imageUrl('ours'),
		'pkg:deb/debian/libc6@2.36?arch=amd64',
		await imageUrl('theirs'),
	]);
});

test('slipway build --sbom writes the same bytes each time; a build without it writes no such file', async (t) => {
	const { build, file } = await place(t);
	await build();
	t.false(existsSync(file));
	await build('--sbom');
	const first = readFileSync(file);
	await build('--sbom');
	t.deepEqual(readFileSync(file), first);
});

test('slipway build --sbom leaves no file when the build fails', async (t) => {
	const { folder, build, store } = await place(t);
	const before = readdirSync(folder);
	const [layer] = (await store.find('t/theirs:v1'))?.layers ?? [];
	writeFileSync(store.blobs.path(layer?.digest ?? ''), 'damaged');
	await t.throwsAsync(build('--sbom'), { code: 'DIGEST_MISMATCH' });
	t.deepEqual(readdirSync(folder), before);
});

const empty = { images: new Map(), layouts: new Map(), lock: new Map() };
const config = { kernel: null, init: [], onboot: [], onshutdown: [], services: [], volumes: [] };
const plan = { ...empty, config } as unknown as Plan;

test('billOfMaterials() has the time of SOURCE_DATE_EPOCH, else 1970', (t) => {
	const createdOf = (env: NodeJS.ProcessEnv): string =>
		JSON.parse(billOfMaterials(plan, 'os', env)).creationInfo.created;
	t.is(createdOf({}), '1970-01-01T00:00:00Z');
	t.is(createdOf({ SOURCE_DATE_EPOCH: '1700000000' }), '2023-11-14T22:13:20Z');
	for (const value of ['', 'now', '-1', '253402300800', '1.5'])
		t.throws(() => createdOf({ SOURCE_DATE_EPOCH: value }), { code: 'BAD_INPUT' }, value);
});
