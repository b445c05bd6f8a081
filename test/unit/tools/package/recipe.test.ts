import { globSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import test from 'ava';
import { programs } from '../../../../init/programs/programs.ts';
import { applets } from '../../../../pkg/applets.ts';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { loadRecipe, recipeReference } from '../../../../tools/package/recipe.ts';
import { appletNames } from '../../../../tools/package/recipe-schema.ts';
import { projectFolder } from './made-up-debian.ts';

const refused = test.macro({
	async exec(t, yaml: string, ...expected: readonly string[]) {
		const folder = projectFolder(t, { 'build.yml': yaml });
		const error = await t.throwsAsync(loadRecipe(folder), { instanceOf: ConfigError });
		const heads = error.message.split('\n').filter((line) => !line.startsWith('  '));
		t.deepEqual(
			heads.map((line) => line.replace(`${folder}/`, '')),
			expected,
		);
	},
	title: (name = '') => `loadRecipe() refuses ${name}`,
});

test(
	'an unknown key',
	refused,
	'image: x\nlink: []\n',
	'build.yml:2:1: Unknown key "link" in the file. Did you mean "links"?',
);
test(
	'an unknown key of the container',
	refused,
	'image: x\nconfig:\n  capabilites: [all]\n',
	'build.yml:3:3: Unknown key "capabilites" in config. Did you mean "capabilities"?',
);
test(
	'a recipe without an image',
	refused,
	'# A comment.\ntag: v2\n',
	'build.yml:2:1: the file: the key "image" is missing.',
);
test(
	'a package without a name',
	refused,
	'image: x\ndebian:\n  - take: []\n',
	'build.yml:3:5: debian: the key "package" is missing.',
);
test(
	'an invalid mode',
	refused,
	'image: x\ndirectories:\n  - { path: a, mode: "0855" }\n',
	'build.yml:3:22: mode: "0855" is not a mode. Expected octal digits, such as "0644".',
);
test(
	'a mode that YAML 1.1 takes for a number',
	refused,
	'image: x\nfiles:\n  - path: a\n    contents: ""\n    mode: 0644\n',
	'build.yml:5:11: mode: expected a text, found 0644. Put it in quotes.',
);
test(
	'a tag that is a number',
	refused,
	'image: x\ntag: 1.0\n',
	'build.yml:2:6: tag: expected a text, found 1.0. Put it in quotes.',
);
test(
	'a text that is not YAML',
	refused,
	'image: "x\n',
	'build.yml:1:8: What begins here has no " at its end.',
);

for (const [key, rest] of [
	['files', 'contents: ""'],
	['links', 'target: x'],
	['directories', 'mode: "0755"'],
]) {
	test(
		`an escaping or empty path in ${key}`,
		refused,
		`image: x\n${key}:\n  - { path: ../x, ${rest} }\n  - { path: /, ${rest} }\n`,
		'build.yml:3:13: path: "../x" goes back up by "..". Write the path without it.',
		'build.yml:4:13: path: the path is empty.',
	);
}

test(
	'an applet outside of the image',
	refused,
	'image: x\napplets: [../x]\n',
	'build.yml:2:11: applets: "../x" goes back up by "..". Write the path without it.',
);
test(
	'several errors at once',
	refused,
	'imagee: x\nfiles:\n  - { path: a/../../b, contents: "", mode: rw }\ncommand: /bin/sh\n',
	'build.yml:1:1: Unknown key "imagee" in the file. Did you mean "image"?',
	'build.yml:3:13: path: "a/../../b" goes back up by "..". Write the path without it.',
	'build.yml:3:44: mode: "rw" is not a mode. Expected octal digits, such as "0644".',
	'build.yml:4:10: command: expected a list, found "/bin/sh". Did you mean ["/bin/sh"]?',
	'build.yml:1:1: the file: the key "image" is missing.',
);

test('loadRecipe() adds the defaults of absent keys', async (t) => {
	const text = 'image: x\n';
	const folder = projectFolder(t, { 'build.yml': text });
	const lists = { debian: [], copy: [], directories: [], links: [], files: [], applets: [] };
	const recipe = await loadRecipe(folder);
	t.deepEqual(recipe, { folder, text, org: 'slipway', image: 'x', tag: 'v1', ...lists });
	t.is(recipeReference(recipe), 'slipway/x:v1');
});

for (const [what, path] of [
	['has no recipe', ''],
	['is not there', 'nowhere'],
	['is the recipe itself', 'file.yml'],
] as const) {
	test(`loadRecipe() says what to do when the directory ${what}`, async (t) => {
		const folder = `${projectFolder(t, { 'file.yml': 'image: x' })}/${path}`;
		const error = await t.throwsAsync(loadRecipe(folder), { code: 'NO_FILE' });
		t.true(error.message.includes(folder), error.message);
		t.regex(error.message, /has no build\.yml\. Name the directory of a recipe, for example pkg\/redis\.$/);
	});
}

test("every recipe's applets are programs of the executable", async (t) => {
	const known = new Set([...applets.keys(), ...programs.keys()]);
	for (const folder of globSync('pkg/*/build.yml').map(dirname)) {
		for (const path of (await loadRecipe(folder)).applets) t.true(known.has(basename(path)), path);
	}
});

test('every recipe of this project loads, under the name of its directory', async (t) => {
	const folders = globSync('pkg/*/build.yml').map(dirname);
	t.true(folders.length >= 8);
	for (const folder of folders)
		t.is(recipeReference(await loadRecipe(folder)), `slipway/${basename(folder)}:v1`);
});

test('recipes know the applets and programs of the executable', (t) => {
	t.deepEqual(appletNames, [...applets.keys(), ...programs.keys()]);
});

test(
	'an applet that the executable does not have',
	refused,
	'image: x\napplets: [/usr/bin/systcl]\n',
	'build.yml:2:11: applets: PID 1\'s executable has no applet "systcl". Did you mean "sysctl"?',
);
test(
	'a setting of the container at the top',
	refused,
	'image: x\nnet: host\n',
	'build.yml:2:1: Unknown key "net" in the file. The settings of the container are below "config": config: { net: … }.',
);
test(
	"a key of LinuxKit's packages",
	refused,
	'image: x\nnetwork: true\nfiles: []\n',
	'build.yml:2:1: Unknown key "network" in the file. It is a key of LinuxKit, whose packages are Dockerfiles. Leave it out.',
);
test(
	'words of Docker in config',
	refused,
	'image: x\nconfig: { ports: ["80:80"] }\n',
	'build.yml:2:11: Unknown key "ports" in config. A service with "net: bridge" has the key "ports": ["80:80"]. Others have the system\'s own network, to which "slipway run --publish 80:80" forwards a port.',
);

for (const [what, files] of Object.entries({
	'with settings of LinuxKit': { 'build.yml': 'image: sysctl\nnetwork: true\nconfig: { readonly: true }\n' },
	'without a recipe': {},
})) {
	test(`loadRecipe() refuses a directory with a Dockerfile ${what}`, async (t) => {
		const folder = projectFolder(t, { ...files, Dockerfile: 'FROM scratch\n' });
		const error = await t.throwsAsync(loadRecipe(folder), { code: 'BAD_RECIPE' });
		t.regex(
			error.message,
			/is a package with a Dockerfile.*slipway builds no Dockerfile\..*docker save NAME \| slipway cache import -/,
		);
	});
}

test('loadRecipe() takes a recipe with contents beside a Dockerfile', async (t) => {
	const yaml = 'image: x\nfiles: [{ path: a, contents: b }]\n';
	const folder = projectFolder(t, { 'build.yml': yaml, Dockerfile: 'FROM scratch\n' });
	t.is((await loadRecipe(folder)).image, 'x');
});
