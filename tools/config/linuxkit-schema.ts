// The schema of LinuxKit's YAML format (its docs/yaml.md) with Slipway's additions. container-schema.ts has the settings
// of a container.

import { apparmor } from './apparmor-schema.ts';
import {
	fileModeProblem,
	filePathProblem,
	fileProblem,
	imageProblem,
	kernelImageProblem,
	nameProblem,
	platformProblem,
	serviceNameProblem,
	trustProblem,
	volumeFormatProblem,
	volumeFormats,
	volumeNameProblem,
	volumeProblem,
} from './checks.ts';
import { containerKeys } from './container-schema.ts';
import { ageProblem, parseAgeMs } from './durations.ts';
import { containerWords, systemWords } from './foreign-words.ts';
import { systemNetworks } from './network-schema.ts';
import { defaultResources } from './resources-schema.ts';
import {
	boolean,
	type Check,
	described,
	id,
	list,
	locatedRecord,
	parsed,
	record,
	type SchemaKeys,
	string,
	strings,
	word,
} from './schema.ts';
import { onbootKeys, onshutdownKeys, serviceKeys } from './supervision-schema.ts';
import { cmdlineHint, imageHint } from './value-hints.ts';

/** The keys that only one section has. */
const supervisionKeys: Readonly<Record<string, SchemaKeys>> = {
	'containers of onshutdown': onshutdownKeys,
	'containers of onboot': onbootKeys,
	services: serviceKeys,
};

/** @param supervision - the keys that only this section has */
function container<const Keys extends SchemaKeys>(nameCheck: Check<string>, supervision: Keys) {
	const own = {
		name: string(
			'The name. As a `uid` or `gid` it stands for a number of its own, from 100 on. No two services have the same name.',
			{
				check: nameCheck,
				examples: ['redis'],
			},
		),
		image: string(
			'The image: a name with a tag or digest, or `@pkg:PATH` for the package in that directory.',
			{
				check: imageProblem,
				examples: ['slipway/redis:v1', '@pkg:../pkg/redis'],
				hint: () => 'It is a name with a tag, such as docker.io/library/nginx:1.27.',
			},
		),
	};
	const keys = { ...own, ...containerKeys, ...supervision };
	const sectionsOf = (key: string) =>
		Object.entries(supervisionKeys)
			.filter(([, others]) => Object.hasOwn(others, key))
			.map(([section]) => section);
	const elsewhere = Object.fromEntries(
		Object.values(supervisionKeys)
			.flatMap(Object.keys)
			.filter((key) => !Object.hasOwn(keys, key))
			.map((key) => [key, () => `Only ${sectionsOf(key).join(' and ')} have it.`]),
	);
	return locatedRecord(keys, {
		required: ['name', 'image'],
		foreign: { ...containerWords, ...elsewhere },
	});
}

const file = locatedRecord(
	{
		path: string('The path in the root of the system. Parent directories are created with the mode 0755.', {
			check: filePathProblem,
			examples: ['etc/motd'],
		}),
		directory: boolean('Creates a directory. Default: false.'),
		symlink: string('Creates a symbolic link to this path.', { examples: ['/run/resolv.conf'] }),
		contents: string('The text of the file.', { examples: ['Welcome\n'] }),
		template: boolean(
			'Puts variables into the contents. Default: false, `${NAME}` is the text of the file itself.',
		),
		source: string(
			'The path, on the building machine, of the file to copy; relative to the working directory, `~/` is the home.',
			{ examples: ['~/.ssh/id_ed25519.pub'] },
		),
		metadata: string('Writes the checked configuration to the file, as `json` or `yaml`.', {
			examples: ['yaml'],
		}),
		optional: boolean('Leaves the file out when its `source` cannot be read. Default: false, an error.'),
		mode: string('The mode in octal digits, in quotes. Default: `"0600"`, and `"0700"` for a directory.', {
			check: fileModeProblem,
			examples: ['0644'],
		}),
		uid: id('The owner: a number, or the name of a container. Default: 0.', { examples: [1000, 'redis'] }),
		gid: id('The group: a number, or the name of a container. Default: 0.', { examples: [1000, 'redis'] }),
	},
	{ required: ['path'], check: fileProblem },
);

const volume = locatedRecord(
	{
		name: string('The name: a-z, 0-9, `_` and `-`. Binds and mounts of containers use it as their source.', {
			check: volumeNameProblem,
			examples: ['data'],
		}),
		image: string('The image whose files the volume has at the start. Default: none, an empty volume.', {
			check: (name) => (name === '' ? null : imageProblem(name)),
			examples: ['slipway/redis:v1'],
		}),
		readonly: boolean('Allows only read-only binds and mounts of the volume. Default: false.'),
		format: word(
			'`filesystem` unpacks the image, `oci` keeps it as an OCI image layout. Default: `filesystem`.',
			volumeFormats,
			volumeFormatProblem,
		),
		platforms: strings(
			'The platforms that a volume with `format: oci` has, `OS/ARCHITECTURE[/VARIANT]` each. Default: all of the image.',
			{ check: platformProblem, examples: [['linux/amd64', 'linux/arm64']] },
		),
	},
	{ required: ['name'], check: volumeProblem },
);

const kernel = described(
	'The kernel. The last file that names an image decides on it.',
	// No key is required: another file may name the image.
	locatedRecord({
		image: string('The image of the kernel, which has the kernel and the modules.', {
			check: kernelImageProblem,
			examples: ['slipway/kernel:v1'],
		}),
		cmdline: string(
			"The kernel's command line. Default: empty. `slipway build` adds words such as `cryptomgr.notests` where it has none of its own " +
				'for the same matter ([guest.md](guest.md), "Words that `slipway build` adds").',
			{ examples: ['console=ttyS0 panic=10'], hint: cmdlineHint },
		),
		binary: string('The path of the kernel in the image. Default: `kernel`.'),
		tar: string(
			'The path, in the image, of the tar with the modules; `none` for a system without modules. Default: ' +
				'`kernel.tar`.',
			{ examples: ['none'] },
		),
		ucode: string(
			"The path, in the image, of a cpio with the processors' microcode, which goes before the initrd. Default: none.",
			{ examples: ['intel-ucode.cpio'] },
		),
	}),
	{
		examples: [{ image: 'slipway/kernel:v1', cmdline: 'console=ttyS0' }],
		hint: ([image = '']) => `Did you mean { image: ${/^\S+$/.test(image) ? image : 'slipway/kernel:v1'} }?`,
	},
);

const containerExample = { name: 'redis', image: 'slipway/redis:v1' };

export const systemSchema = record(
	{
		kernel,
		init: list(
			'Images that are unpacked into the root of the system, in this order: PID 1 and the programs that run containers.',
			{ type: 'image', check: imageProblem, hint: imageHint },
			{ examples: [['slipway/init:v1', 'slipway/runc:v1', 'slipway/containerd:v1']] },
		),
		onboot: list(
			'Containers that run once at boot, in this order and each to its end, before the services start.',
			container(nameProblem, onbootKeys),
			{ examples: [[{ name: 'sysctl', image: 'slipway/sysctl:v1' }]] },
		),
		onshutdown: list(
			'Containers that run once at shutdown, in this order, after the services have ended.',
			container(nameProblem, onshutdownKeys),
			{ examples: [[{ name: 'farewell', image: 'slipway/shell:v1', command: ['/bin/echo', 'bye'] }]] },
		),
		services: list(
			'Containers that keep running. They start together, unless `after` says otherwise.',
			container(serviceNameProblem, serviceKeys),
			{ unique: 'name', examples: [[{ ...containerExample, net: 'host', ready: { tcp: 6379 } }]] },
		),
		defaults: described(
			'Settings of every service that does not have its own.',
			record({ resources: defaultResources, apparmor }),
			{ examples: [{ resources: { pids: { limit: 200 }, memory: { limit: 268_435_456 } } }] },
		),
		files: list(
			'Files, directories and symbolic links in the root of the system, after the images of `init`. Each is one of ' +
				'`contents`, `source`, `symlink`, `metadata` or `directory: true`.',
			file,
			{ examples: [[{ path: 'etc/motd', contents: 'Welcome\n', mode: '0644' }]] },
		),
		volumes: list('Directories that containers share by binds and mounts that name them.', volume, {
			unique: 'name',
			examples: [[{ name: 'data' }, { name: 'site', image: 'slipway/nginx:v1', readonly: true }]],
		}),
		networks: systemNetworks,
		trust: described(
			'Images that must be pinned by digest or, when there are `keys`, signed by one of them.',
			locatedRecord(
				{
					image: strings('Names of images. Default: none.', { check: imageProblem, examples: [['nginx']] }),
					org: strings('Names of organizations; all their images are meant. Default: none.', {
						examples: [['linuxkit']],
					}),
					keys: strings(
						'Files of public keys (PEM), relative to the directory of the YAML file. Default: none, a digest is required.',
						{ examples: [['cosign.pub']] },
					),
					maxAge: parsed(
						'How long ago an image may have been signed, in days or hours. The time must be part of what is signed ' +
							'(`cosign sign -a timestamp=$(date +%s)`). Default: no limit.',
						parseAgeMs,
						ageProblem,
						{ examples: ['90d'] },
					),
					labels: strings(
						'Organizations and images whose labels may grant privileges to containers; those of other images may not. ' +
							'Default: no rule, a build reports what labels grant.',
						{ check: imageProblem, examples: [['slipway', 'ghcr.io/acme/tool']] },
					),
				},
				{ check: trustProblem },
			),
			{ examples: [{ org: ['linuxkit'], keys: ['cosign.pub'] }] },
		),
		outputs: list(
			'Formats to build, unless `--format` names others (a key of LinuxKit files of 2017).',
			record(
				{ format: string('The name of a format, as `--format` has it.', { examples: ['kernel+initrd'] }) },
				{ required: ['format'] },
			),
			{ examples: [[{ format: 'kernel+initrd' }]] },
		),
	},
	{ foreign: systemWords },
);
