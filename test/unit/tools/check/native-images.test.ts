import test from 'ava';
import type { ImageFacts, Program } from '../../../../tools/check/image-facts.ts';
import { withNativeImages } from '../../../../tools/check/native-images.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { offlinePlan } from '../../../helpers/plan.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const yaml = 'services: [{ name: app, image: "t/app:v1" }]';

const elf = (machine: number): Program => {
	return {
		kind: 'elf',
		machine,
		interpreter: null,
		needed: [],
		runPath: [],
		soname: null,
	} as unknown as Program;
};
const native = elf(62);

/** Reports whether an image with these programs is native; null for one that is too large to be read. */
const isNative = test.macro({
	async exec(t, programs: readonly Program[] | null, expected: boolean) {
		const store = openImageStore(scratchFolder(t));
		await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app' }]);
		const plan = await offlinePlan(loadConfig([{ name: 's.yml', text: yaml }]), store);
		const facts: ImageFacts | null = programs && {
			...{ directories: [], links: {}, files: [], texts: {} },
			programs: Object.fromEntries(
				programs.map((program, index) => [`bin/${index}`, { ...program, isExecutable: true }]),
			),
		};
		const { nativeImages } = await withNativeImages(plan, async () => facts);
		t.is(nativeImages?.size, expected ? 1 : 0);
	},
	title: (title = '') => `withNativeImages() and an image ${title}`,
});

test('of programs for the processor', isNative, [native, native, { kind: 'script', line: '/bin/sh' }], true);
test('with a 32-bit program', isNative, [native, elf(3)], false);
test('with a program that cannot be read', isNative, [native, { kind: 'unknown', machine: null }], false);
test('with a program for another processor, which cannot run', isNative, [native, elf(183)], true);
test('without programs', isNative, [], false);
test('with too many files', isNative, null, false);
