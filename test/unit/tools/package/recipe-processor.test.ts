import { globSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { hostProcessor, processors } from '../../../../supervisor/contract/processors.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { projectFolder } from './made-up-debian.ts';

const yaml = `image: x
kernel:
  package: linux-image-\${arch}
  modules: [a, "b [amd64]", "c [arm64]"]
debian:
  - package: p
    take: ["/usr/lib/\${triplet}/p.so", "/only [arm64]", "/\${other}"]
copy:
  - { from: "\${build}/init", to: / }
links:
  - { path: "\${interpreter}", target: "/lib/\${triplet}/\${loader}" }
files:
  - { path: run.sh, contents: "echo \${arch}" }
`;

test('loadRecipe() gives variables the values of the processor, and leaves out the entries of others', async (t) => {
	const folder = projectFolder(t, { 'build.yml': yaml });
	const arm64 = await loadRecipe(folder, processors.arm64);
	t.deepEqual(arm64.kernel, { package: 'linux-image-arm64', modules: ['a', 'c'] });
	t.deepEqual(arm64.debian[0]?.take, ['/usr/lib/aarch64-linux-gnu/p.so', '/only', '/${other}']);
	t.deepEqual(arm64.links, [
		{ path: 'lib/ld-linux-aarch64.so.1', target: '/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1' },
	]);
	t.is(arm64.files[0]?.contents, 'echo ${arch}', 'the variables of a text are a shell’s');
	const amd64 = await loadRecipe(folder, processors.amd64);
	t.deepEqual(amd64.kernel?.modules, ['a', 'b']);
	t.deepEqual(amd64.debian[0]?.take, ['/usr/lib/x86_64-linux-gnu/p.so', '/${other}']);
	const own = await loadRecipe(folder, hostProcessor);
	t.is(own.copy[0]?.from, 'build/init');
	const [foreign] = Object.values(processors).filter((each) => each !== hostProcessor);
	if (foreign !== undefined)
		t.is((await loadRecipe(folder, foreign)).copy[0]?.from, `build/${foreign.name}/init`);
});

test('no recipe names a processor where a variable stands for it', async (t) => {
	const root = join(import.meta.dirname, '../../../..');
	for (const file of globSync('pkg/*/build.yml', { cwd: root })) {
		const recipe = await loadRecipe(join(root, file, '..'), processors.arm64);
		const { debian, kernel, copy, links } = recipe;
		t.notRegex(JSON.stringify({ debian, kernel, copy, links }), /amd64|x86[_-]64|\$\{/, file);
	}
});
