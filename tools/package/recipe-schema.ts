// The keys of a recipe (`build.yml`), and what each means. docs/recipes.md is generated from both.

import { filePathProblem, octalProblem } from '../config/checks.ts';
import { containerKeys } from '../config/linuxkit-schema.ts';
import { checked, list, type RecordSchema, record, string } from '../config/schema.ts';

const path = checked(filePathProblem);
const mode = checked(octalProblem);

/** Checks a name in /bin. */
function appletProblem(name: string): string | null {
	return /^[a-z0-9[-]+$/.test(name)
		? null
		: `${JSON.stringify(name)} is not the name of a program of busybox.`;
}

const fromTo: RecordSchema = { ...record({ from: string, to: string }), required: ['from', 'to'] };

export const recipeSchema: RecordSchema = {
	...record({
		org: string,
		image: string,
		tag: string,
		base: string,
		busybox: list(checked(appletProblem)),
		config: record(containerKeys),
		command: list(string),
		env: list(string),
		workdir: string,
		debian: list({
			...record({ package: string, take: list(string), join: list(fromTo), withoutExports: list(path) }),
			required: ['package', 'take'],
		}),
		copy: list(fromTo),
		directories: list({ ...record({ path, mode }), required: ['path', 'mode'] }),
		links: list({ ...record({ path, target: string }), required: ['path', 'target'] }),
		files: list({ ...record({ path, contents: string, mode }), required: ['path', 'contents'] }),
		applets: list(path),
		software: string,
		kernel: { ...record({ package: string, modules: list(string) }), required: ['package', 'modules'] },
	}),
	required: ['image'],
};

/** Describes each key in Markdown, by its path. The keys of `config` are the YAML's and are not repeated. */
export const recipeTexts: Readonly<Record<string, string>> = {
	org: "The first part of the image's name, before the slash. Default: `slipway`.",
	image: "The second part of the image's name.",
	tag: 'The tag of the image. Default: `v1`.',
	base:
		'The directory of another recipe, relative to this one. The lists of this recipe are added to those of the base; ' +
		'other keys replace those of the base, those of `config` one by one (`binds.add` adds to `binds` of the base).',
	busybox:
		"Names of programs of Debian's `busybox-static`, such as `sh`. Each becomes a link in `/bin` of the image.",
	config:
		"The container's defaults, with the keys that a service has in the system's YAML. They go into the label " +
		'`org.mobyproject.config`; what the YAML says takes precedence.',
	command: 'The program and its arguments (`Cmd` of the image).',
	env: 'The environment, `NAME=VALUE` each. Default: a `PATH` of the usual directories.',
	workdir: 'The working directory (`WorkingDir` of the image).',
	debian:
		'Debian packages and what the image takes from them. The shared libraries that a program needs are added, from ' +
		'whichever package it depends on. Maintainer scripts do not run.',
	'debian.package': 'The name of the package, as apt knows it.',
	'debian.take':
		'What to take: a path, a glob, or `PATH:PATH-IN-THE-IMAGE`. A directory stands for all that is below it. A line ' +
		'that matches nothing is an error.',
	'debian.join': 'Text files that become one file, in the order of their paths.',
	'debian.join.from': 'A glob of paths in the package.',
	'debian.join.to': 'The path of the file in the image.',
	'debian.withoutExports':
		'Paths of Go programs whose exported names, which only plugins look up, are cut out. They become a sixth smaller.',
	copy: 'Files and directories of this project. A directory is copied with all that is below it.',
	'copy.from': 'A path relative to the recipe.',
	'copy.to': 'The path in the image.',
	directories: 'Directories to create.',
	'directories.path': 'The path in the image.',
	'directories.mode': 'The mode in octal digits, in quotes.',
	links: 'Symbolic links.',
	'links.path': 'The path of the link in the image.',
	'links.target': 'What the link points to.',
	files: 'Text files.',
	'files.path': 'The path in the image.',
	'files.contents': 'The text.',
	'files.mode': 'The mode in octal digits, in quotes. Default: `"0644"`.',
	applets:
		"Paths of programs that are applets of PID 1's executable (pkg/applets.ts). The image only has the place; `/init` " +
		'of the system is bound there when the container starts.',
	software:
		'The path, relative to the recipe, of a JSON file that lists what the copied files were made of. It goes into ' +
		'the label `org.slipway.software`, which `slipway build --sbom` reads.',
	kernel: 'Makes this image a kernel image: `/kernel`, and `/kernel.tar` with the modules.',
	'kernel.package': 'The Debian package of the kernel; a metapackage stands for its first dependency.',
	'kernel.modules':
		'Names of modules, or directories below `kernel/` that end in a slash. The modules that they depend on are added.',
};
