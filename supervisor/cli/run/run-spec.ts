// Makes the `config.json` of a container of `service run`: what a service without keys in the YAML has, and namespaces of its own. Pure.

import { defaultMaskedPaths, defaultReadonlyPathsFor } from '../../contract/default-confinement.ts';
import { recursiveReadonly } from '../../contract/engine-refusals.ts';
import { defaultPath, runCgroup } from '../../contract/layout.ts';
import { hostProcessor } from '../../contract/processors.ts';
import type { Mount } from '../../contract/runtime-config.ts';
import { type Namespace, ociVersion, type RuntimeSpec } from '../../contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../contract/seccomp-profile.ts';
import { standardMounts } from '../../contract/standard-mounts.ts';
import type { ImageDefaultsJson } from '../../image/image-config.ts';
import { UsageError } from '../command.ts';
import { type ContainerUser, findUser, homeOf, type UserFiles } from '../exec/container-user.ts';
import { type RunRequest, wordsOfImage } from './run-arguments.ts';

export interface RunSurroundings {
	readonly name: string;
	/** Where the root is mounted. */
	readonly rootfs: string;
	readonly image: ImageDefaultsJson;
	/** Of the image. */
	readonly files: UserFiles;
	/** The namespaces that are joined. Null: of that kind it has the system's. */
	readonly network: Namespace | null;
	readonly pid: Namespace | null;
	/** The file of the system that says who resolves names; null when there is none. */
	readonly resolvConf: string | null;
	/** What becomes /etc/hosts; null for the image's own. */
	readonly hosts: string | null;
	/** The environment of `service`. */
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly terminal: boolean;
}

const periodMicroseconds = 100_000;

/** Throws `UsageError` when no program is named, and an `Error` for an unknown user. */
export function runSpec(request: RunRequest, around: RunSurroundings): RuntimeSpec {
	const { capabilities, isWritable } = request;
	const { image, name } = around;
	const args =
		request.command.length > 0 ? request.command : [...(image.Entrypoint ?? []), ...(image.Cmd ?? [])];
	if (args.length === 0)
		throw new UsageError(
			`${wordsOfImage(request.image)} names no program of its own: add one, as in "-- /bin/sh".`,
		);
	const user = userOf(request, around);
	const mounts = mountsOf(request, around);
	const isHidden = (path: string): boolean => !mounts.some(({ destination }) => destination === path);
	const isAdmin = capabilities.includes('CAP_SYS_ADMIN');
	return {
		ociVersion,
		process: {
			user: { uid: user.uid, gid: user.gid, additionalGids: user.groups },
			args,
			env: environmentOf(request, around, user),
			cwd: request.workdir ?? (image.WorkingDir || '/'),
			capabilities: {
				bounding: capabilities,
				effective: capabilities,
				inheritable: capabilities,
				permitted: capabilities,
			},
			noNewPrivileges: capabilities.length === 0,
		},
		root: { path: around.rootfs, readonly: !isWritable },
		hostname: name,
		mounts,
		linux: {
			cgroupsPath: `${runCgroup}/${name}`,
			namespaces: [
				...(around.network === null ? [] : [around.network]),
				...(around.pid === null ? [] : [around.pid]),
				{ type: 'ipc' },
				{ type: 'uts' },
				{ type: 'cgroup' },
				{ type: 'mount' },
			],
			resources: resourcesOf(request),
			seccomp: defaultSeccompProfile(capabilities, hostProcessor.name),
			maskedPaths: isAdmin ? [] : defaultMaskedPaths.filter(isHidden),
			readonlyPaths: defaultReadonlyPathsFor(capabilities).filter(isHidden),
		},
	};
}

function userOf({ user }: RunRequest, { image, files }: RunSurroundings): ContainerUser {
	const text = user ?? image.User ?? '';
	if (text !== '') return findUser(text, files);
	return { uid: 0, gid: 0, groups: [], home: homeOf(0, files.passwd) };
}

function environmentOf(request: RunRequest, around: RunSurroundings, { home }: ContainerUser): string[] {
	const given = request.env.flatMap((text) => {
		const own = around.env[text];
		if (text.includes('=')) return [text];
		return own === undefined ? [] : [`${text}=${own}`];
	});
	// The engine takes the last value of a name.
	return [
		`PATH=${defaultPath}`,
		`HOME=${home ?? '/'}`,
		...(around.terminal ? [`TERM=${around.env['TERM'] ?? 'xterm'}`] : []),
		...(around.image.Env ?? []),
		...given,
	];
}

function mountsOf(
	{ binds, isWritable }: RunRequest,
	{ resolvConf, hosts, network }: RunSurroundings,
): Mount[] {
	const isAlone = network !== null && network.path === undefined;
	const bind = (source: string, destination: string, isReadonly: boolean): Mount => ({
		destination,
		type: 'bind',
		source,
		options: ['rbind', 'rprivate', isReadonly ? recursiveReadonly : 'rw'],
	});
	const mounts = new Map<string, Mount>();
	const all = [
		...standardMounts(!isWritable),
		...(resolvConf === null || isAlone ? [] : [bind(resolvConf, '/etc/resolv.conf', true)]),
		...(hosts === null ? [] : [bind(hosts, '/etc/hosts', true)]),
		...binds.map(({ source, destination, isReadonly }) => bind(source, destination, isReadonly)),
	];
	for (const mount of all) mounts.set(mount.destination, mount);
	return [...mounts.values()].sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

/** What is not given is the default of a service (bundle/default-limits.ts). */
function resourcesOf({ memoryBytes, cpus, pids }: RunRequest): Readonly<Record<string, unknown>> {
	return {
		...(memoryBytes === null ? {} : { memory: { limit: memoryBytes } }),
		...(cpus === null
			? {}
			: { cpu: { quota: Math.round(cpus * periodMicroseconds), period: periodMicroseconds } }),
		...(pids === null ? {} : { pids: { limit: pids } }),
	};
}
