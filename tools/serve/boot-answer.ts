// Decides what a machine boots: the script of iPXE for a request, and the metadata of a machine (cloud-init's NoCloud).

import { kernelInitrdEndings } from '../output/format-kernel-initrd.ts';
import { outputFormats } from '../output/formats.ts';
import { askingScript, bootScript, commandLineProblem, refusingScript } from './boot-script.ts';
import { findMachine, type Machine, parseMac, parseUuid, systemProblem } from './machines.ts';
import type { ReportServe } from './serve-event.ts';
import type { ServedFiles } from './served-files.ts';
import { isServed } from './served-files.ts';

export interface BootSettings {
	readonly files: ServedFiles;
	readonly machines: readonly Machine[];
	/** Of machines that name none; null for the only system that is there. */
	readonly system: string | null;
	readonly report: ReportServe;
}

/** Where iPXE asks. */
export const scriptPath = '/boot.ipxe';
/** Followed by the machine's name and the name of the file. */
const metadataPath = '/machines/';
/** More than Linux takes, so that a longer line is refused. */
const readCommandLineBytes = 4096;

/**
 * Returns the script for a request of iPXE.
 *
 * @param server - `http://HOST:PORT`, as the client knows this server
 */
export async function answerScript(
	settings: BootSettings,
	query: URLSearchParams,
	client: string,
	server: string,
): Promise<string> {
	const mac = parseMac(query.get('mac') ?? '');
	const uuid = parseUuid(query.get('uuid') ?? '');
	if (!query.has('mac') && !query.has('uuid')) return askingScript('');
	const machine = findMachine(settings.machines, mac, uuid);
	const who = { event: 'boot', client, mac, uuid, machine: machine?.name ?? null } as const;
	const found = await findBoot(settings, machine, server);
	if ('problem' in found) {
		settings.report({ ...who, system: null, problem: found.problem });
		return refusingScript(found.problem);
	}
	settings.report({ ...who, system: found.system, problem: null });
	return bootScript(found, query.get('platform') === 'efi');
}

/** Returns a file of NoCloud for `/machines/NAME/meta-data` and such; null when there is none. */
export function answerMetadata(machines: readonly Machine[], path: string): string | null {
	if (!path.startsWith(metadataPath)) return null;
	const [name, file, ...more] = path.slice(metadataPath.length).split('/');
	const machine = machines.find((each) => each.name === name);
	if (machine === undefined || more.length > 0) return null;
	if (file === 'user-data') return machine.userData ?? '';
	if (file === 'vendor-data') return '';
	if (file !== 'meta-data') return null;
	const hostname = machine.hostname === null ? [] : [`local-hostname: ${JSON.stringify(machine.hostname)}`];
	return [`instance-id: ${JSON.stringify(machine.name)}`, ...hostname, ''].join('\n');
}

type FoundBoot =
	| { readonly problem: string }
	| {
			readonly system: string;
			readonly kernel: string;
			readonly initrd: string;
			readonly commandLine: string;
	  };

async function findBoot(
	{ files, ...settings }: BootSettings,
	machine: Machine | null,
	server: string,
): Promise<FoundBoot> {
	const system = machine?.system ?? settings.system ?? (await onlySystem(files));
	if (typeof system !== 'string') return system;
	const wrongName = systemProblem(system);
	if (wrongName !== null) return { problem: wrongName };
	const { kernel, initrd, commandLine } = kernelInitrdEndings;
	const said = await textOf(files, `${system}${commandLine}`);
	for (const ending of [kernel, initrd]) {
		if (!(await isServed(files, `${system}${ending}`)))
			return { problem: `${system}${ending} is not in the directory that is served.` };
	}
	if (said === null) return { problem: `${system}${commandLine} is not in the directory that is served.` };
	for (const root of outputFormats.flatMap(({ boot }) => boot?.root ?? []))
		if (await isServed(files, `${system}${root}`))
			return { problem: `${system} has its root on a disk. Build it with --format kernel+initrd.` };
	const words = [said, machine?.append ?? '', metadataWord(machine, server)].filter((each) => each !== '');
	const line = words.join(' ');
	const problem = commandLineProblem(line);
	if (problem !== null) return { problem: `${system}: ${problem}` };
	return { system, kernel: `/${system}${kernel}`, initrd: `/${system}${initrd}`, commandLine: line };
}

/** Tells the guest's package `metadata` where its data is. */
function metadataWord(machine: Machine | null, server: string): string {
	if (machine === null || (machine.hostname === null && machine.userData === null)) return '';
	return `ds=nocloud-net;s=${server}${metadataPath}${machine.name}/`;
}

/** Returns the names of the systems of kernel and initrd at the top of the directories. */
export async function servedSystems(files: ServedFiles): Promise<readonly string[]> {
	const { kernel, initrd } = kernelInitrdEndings;
	const names = new Set(await files.list());
	return [...names].flatMap((name) => {
		const system = name.slice(0, -kernel.length);
		return name.endsWith(kernel) && names.has(`${system}${initrd}`) ? [system] : [];
	});
}

async function onlySystem(files: ServedFiles): Promise<string | { readonly problem: string }> {
	const systems = await servedSystems(files);
	const [only] = systems;
	if (only !== undefined && systems.length === 1) return only;
	const what = only === undefined ? 'no system is' : `${systems.length} systems are`;
	return { problem: `${what} there, and no machine of the list or --system names one for this machine.` };
}

async function textOf(files: ServedFiles, path: string): Promise<string | null> {
	const file = await files.open(path);
	if (file === null) return null;
	try {
		const { buffer, bytesRead } = await file.handle.read(
			Buffer.alloc(readCommandLineBytes),
			0,
			readCommandLineBytes,
			0,
		);
		return buffer.subarray(0, bytesRead).toString('utf8').trim().replaceAll('\n', ' ');
	} finally {
		await file.handle.close();
	}
}
