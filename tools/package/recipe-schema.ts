// The schema of a recipe (`build.yml`). docs/recipes.md is generated from it.

import { nearestName } from '../../native/text/nearest-name.ts';
import { filePathProblem, imageProblem, octalProblem } from '../config/checks.ts';
import { containerKeys } from '../config/container-schema.ts';
import { containerWords, type ForeignWords } from '../config/foreign-words.ts';
import { boolean, described, list, record, string, strings } from '../config/schema.ts';
import { commandHint, environmentHint, flowList } from '../config/value-hints.ts';

/** Checks the name of a program of busybox, which becomes a name in /bin. */
function busyboxProblem(name: string): string | null {
	return /^[a-z0-9[-]+$/.test(name)
		? null
		: `${JSON.stringify(name)} is not the name of a program of busybox.`;
}

/** The names of pkg/applets.ts and of init/programs/programs.ts. */
export const appletNames: readonly string[] = [
	...['format', 'metadata', 'mountie', 'network', 'poweroff.sh', 'rngd', 'sh', 'swap.sh', 'sysctl', 'sysfs'],
	...['poweroff', 'reboot', 'halt', 'modprobe', 'service', 'channel', 'orphans'],
];

function appletProblem(path: string): string | null {
	const problem = filePathProblem(path);
	const name = path.slice(path.lastIndexOf('/') + 1);
	if (problem !== null || appletNames.includes(name)) return problem;
	const near = nearestName(name, appletNames);
	const hint =
		near === null
			? `Expected a path that ends in one of ${appletNames.join(', ')}.`
			: `Did you mean "${near}"?`;
	return `PID 1's executable has no applet "${name}". ${hint}`;
}

const notLinuxkits = 'It is a key of LinuxKit, whose packages are Dockerfiles. Leave it out.';

/** For the keys of LinuxKit's `build.yml`, and of containers in the wrong place. */
const recipeWords: ForeignWords = {
	...Object.fromEntries(
		[...Object.keys(containerWords), ...Object.keys(containerKeys)].map((key) => [
			key,
			() =>
				`The settings of the container are below "config": config: { ${key in containerKeys ? key : '…'}: … }.`,
		]),
	),
	entrypoint: (texts) => `Write command: ${flowList(texts.length === 0 ? ['/bin/program'] : texts)}.`,
	cmd: (texts) => `Write command: ${flowList(texts.length === 0 ? ['/bin/program'] : texts)}.`,
	environment: (texts) => `Write env: ${flowList(texts.length === 0 ? ['NAME=VALUE'] : texts)}.`,
	name: ([text = 'web']) => `Write image: ${text}.`,
	packages: () => 'Write debian: [{ package: nginx, take: [/usr/sbin/nginx] }].',
	apt: () => 'Write debian: [{ package: nginx, take: [/usr/sbin/nginx] }].',
	run: () => 'No command runs in a build. Files come from "debian", "copy" and "files".',
	...Object.fromEntries(
		[
			...[
				'network',
				'arches',
				'disable-content-trust',
				'disable-cache',
				'gitrepo',
				'notes',
				'depends',
				'dockerfile',
			],
			...['buildArgs', 'build-args', 'sources', 'extra-sources', 'trust', 'platforms'],
		].map((key) => [key, () => notLinuxkits]),
	),
};

const path = string('The path in the image.', { check: filePathProblem });

function mode(description: string) {
	return string(description, { check: octalProblem });
}

const join = record(
	{ from: string('A glob of paths in the package.'), to: string('The path of the file in the image.') },
	{ required: ['from', 'to'] },
);

const debian = record(
	{
		package: string('The name of the package, as apt knows it.'),
		take: strings(
			'What to take: a path, a glob, or `PATH:PATH-IN-THE-IMAGE`. A directory stands for all that is below it. A line ' +
				'that matches nothing is an error. Default: the whole package, without its documentation.',
		),
		dependencies: boolean(
			'Takes also the packages that this one depends on, directly and indirectly, whole and without their documentation. What only ' +
				'maintainer scripts need (`debconf`, `dpkg`, …) is left out. Default: false, the shared libraries only.',
		),
		join: list('Text files that become one file, in the order of their paths.', join),
		withoutExports: strings(
			'Paths of Go programs whose exported names, which only plugins look up, are cut out. They become a sixth smaller.',
			{ check: filePathProblem },
		),
	},
	{ required: ['package'] },
);

const program = record(
	{
		from: string('The directory, relative to the recipe, with the program and all that it imports.', {
			check: relativeProblem,
		}),
		main: string('The file in it that is run.', { check: filePathProblem }),
	},
	{ required: ['from', 'main'] },
);

/** Accepts a path that is relative to the recipe. */
function relativeProblem(from: string): string | null {
	return from.startsWith('/') || from === '' ? `"${from}" is not a path relative to the recipe.` : null;
}

const kernel = record(
	{
		package: string('The Debian package of the kernel; a metapackage stands for its first dependency.'),
		modules: strings(
			'Names of modules, or directories below `kernel/` that end in a slash. The modules that they depend on are added.',
		),
	},
	{ required: ['package', 'modules'] },
);

export const recipeSchema = record(
	{
		org: string("The first part of the image's name, before the slash. Default: `slipway`."),
		image: string("The second part of the image's name."),
		tag: string('The tag of the image. Default: `v1`.'),
		base: string(
			'The directory of another recipe, relative to this one. The lists of this recipe are added to those of the base; ' +
				'other keys replace those of the base, those of `config` one by one (`binds.add` adds to `binds` of the base). ' +
				'The modules of `kernel` are added to those of the base.',
		),
		from: string(
			'The name of an image of the store, such as `docker.io/library/alpine:3.20`, whose files and settings this image begins with. ' +
				'`slipway cache pull` fetches it. Libraries are not added, because the base has its own.',
			{ check: imageProblem },
		),
		node: described(
			"A program for Node: `from`, a directory of the recipe, becomes `/app`, and `main` is run by Debian's `nodejs`.",
			program,
		),
		python: described(
			"A program for Python: `from`, a directory of the recipe, becomes `/app`, and `main` is run by Debian's `python3`.",
			program,
		),
		busybox: strings(
			"Names of programs of Debian's `busybox-static`, such as `sh`. Each becomes a link in `/bin` of the image.",
			{ check: busyboxProblem },
		),
		config: described(
			"The container's defaults, with the keys that a service has in the system's YAML. They go into the label " +
				'`org.mobyproject.config`; what the YAML says takes precedence.',
			record(containerKeys, { foreign: containerWords }),
		),
		command: strings('The program and its arguments (`Cmd` of the image).', { hint: commandHint }),
		env: strings('The environment, `NAME=VALUE` each. Default: a `PATH` of the usual directories.', {
			hint: environmentHint,
		}),
		workdir: string('The working directory (`WorkingDir` of the image).'),
		debian: list(
			'Debian packages and what the image takes from them. The shared libraries that a program needs are added, from ' +
				'whichever package it depends on. Maintainer scripts do not run.',
			debian,
		),
		copy: list(
			'Files and directories of this project. A directory is copied with all that is below it. The shared libraries that a copied ' +
				"program needs are added from Debian's packages, unless the image has them.",
			record(
				{ from: string('A path relative to the recipe.'), to: string('The path in the image.') },
				{ required: ['from', 'to'] },
			),
		),
		directories: list(
			'Directories to create.',
			record({ path, mode: mode('The mode in octal digits, in quotes.') }, { required: ['path', 'mode'] }),
		),
		links: list(
			'Symbolic links.',
			record(
				{
					path: described('The path of the link in the image.', path),
					target: string('What the link points to.'),
				},
				{ required: ['path', 'target'] },
			),
		),
		files: list(
			'Text files.',
			record(
				{
					path,
					contents: string('The text.'),
					mode: mode('The mode in octal digits, in quotes. Default: `"0644"`.'),
				},
				{ required: ['path', 'contents'] },
			),
		),
		applets: strings(
			"Paths of programs that are applets of PID 1's executable (pkg/applets.ts). The image only has the place; `/init` " +
				'of the system is bound there when the container starts.',
			{ check: appletProblem },
		),
		software: string(
			'The path, relative to the recipe, of a JSON file that lists what the copied files were made of. It goes into ' +
				'the label `org.slipway.software`, which `slipway build --sbom` reads.',
		),
		kernel: described(
			'Makes this image a kernel image: `/kernel`, and `/kernel.tar` with the modules.',
			kernel,
		),
	},
	{ required: ['image'], foreign: recipeWords },
);
