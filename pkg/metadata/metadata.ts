// `metadata`: copies the machine's own data from a config drive, or from a service of the network, to /run/config. It is
// LinuxKit's program of this name, with its arguments; README.md lists the files that it writes.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Native } from '../../native/native.ts';
import { AppletError, type AppletHost } from '../applet/applet.ts';
import type { DeviceFolders } from '../applet/disks/block-devices.ts';
import { parseFlags } from '../applet/flags.ts';
import { clouds as allClouds, type Cloud } from './clouds.ts';
import { makeFolderIn, writeFileIn, writeTree } from './config-folder.ts';
import { findDrive } from './find-drive.ts';
import { asking, NoService } from './http-ask.ts';
import { type Instance, isCloudConfig, parseCloudConfig, parseMetaData } from './instance.ts';
import { noCloudSeed, readNoCloud } from './nocloud.ts';
import { type DriveFiles, readDrive, readSmall } from './read-drive.ts';

export interface MetadataPlaces {
	readonly devices: DeviceFolders;
	readonly config: string;
	readonly scratch: string;
	/** Its contents are the kernel's command line. */
	readonly commandLine: string;
	readonly clouds: ReadonlyMap<string, Cloud>;
	/** For one answer of a service of the network, whose first takes longest. */
	readonly answerMs: number;
	/** For a server that the command line names. */
	readonly namedMs: number;
}

const guestPlaces: MetadataPlaces = {
	devices: { sys: '/sys', dev: '/dev' },
	config: '/run/config',
	scratch: '/tmp',
	commandLine: '/proc/cmdline',
	clouds: allClouds,
	answerMs: 5000,
	namedMs: 20_000,
};

/** Others of LinuxKit. */
const notHere = new Set('vultr packet equinixmetal metaldata vmware azure'.split(' '));

interface Found extends DriveFiles {
	readonly provider: string;
	/** What is known beside the files. */
	readonly instance: Instance | null;
}

const noMore = { metaData: null, networkConfig: null, instance: null } as const;

export async function metadata(
	args: readonly string[],
	host: AppletHost,
	places: MetadataPlaces = guestPlaces,
): Promise<number> {
	const { flags, rest } = parseFlags(args, { v: false, wait: 2 });
	const found = await firstOf(
		rest.length === 0 ? ['nocloud', 'cdrom'] : rest,
		flags.wait * 1000,
		host,
		places,
	);
	if (found === null) {
		host.print('No metadata or user data found.');
		return 0;
	}
	host.print(`Found: ${found.provider}`);
	const problems: string[] = [];
	makeFolder(places.config);
	writeFileIn(places.config, 'provider', found.provider, 0o644);
	await writeFound(found, places.config, problems);
	setHostname(host.native(), places.config, host, problems);
	if (found.networkConfig !== null)
		host.print('It has a network-config, which the package network sets up with -metadata');
	if (flags.v && found.userData !== null) host.print(`User data: ${found.userData.length} bytes`);
	for (const problem of problems) host.warn(problem);
	return problems.length === 0 ? 0 : 1;
}

async function firstOf(
	providers: readonly string[],
	waitMs: number,
	host: AppletHost,
	places: MetadataPlaces,
): Promise<Found | null> {
	for (const provider of providers) {
		const found = await ask(provider, waitMs, host, places);
		if (found !== null) return found;
	}
	return null;
}

/** Returns null when the provider has nothing. */
async function ask(
	provider: string,
	waitMs: number,
	host: AppletHost,
	places: MetadataPlaces,
): Promise<Found | null> {
	if (provider === 'cdrom') {
		const drive = await findDrive(places.devices, waitMs);
		if (drive === null) return null;
		const files = readDrive(host.native(), drive, places.scratch);
		return { ...noMore, provider: `CDROM ${drive.path}`, ...files };
	}
	if (provider === 'nocloud') return await askNoCloud(places);
	if (provider.startsWith('file=')) {
		const userData = readSmall(provider.slice('file='.length));
		return userData === null ? null : { ...noMore, provider, userData };
	}
	const cloud = places.clouds.get(provider);
	if (cloud !== undefined) return await askCloud(provider, cloud, host, places);
	if (!notHere.has(provider)) {
		const known = ['cdrom', 'nocloud', 'file=PATH', ...places.clouds.keys()].join(', ');
		throw new AppletError(`"${provider}" is no provider. Known: ${known}.`, { exitCode: 2 });
	}
	host.warn(`the provider ${provider} is not known here and is passed over`);
	return null;
}

async function askNoCloud({ commandLine, namedMs, answerMs }: MetadataPlaces): Promise<Found | null> {
	const seed = noCloudSeed(readFileSync(commandLine, 'utf8'));
	if (seed === null) return null;
	const files = await readNoCloud(seed, namedMs, answerMs);
	const instance = { hostname: seed.hostname, keys: [], problems: [] };
	return { ...noMore, provider: `NoCloud ${seed.url}`, ...files, instance };
}

/** A cloud that is not there is no failure: another of the list may be. */
async function askCloud(
	name: string,
	cloud: Cloud,
	host: AppletHost,
	{ answerMs }: MetadataPlaces,
): Promise<Found | null> {
	try {
		const data = await cloud.read(asking(cloud.base, answerMs));
		return data === null ? null : { ...noMore, provider: name, ...data };
	} catch (error) {
		if (!(error instanceof NoService)) throw error;
		host.warn(`${name}: ${error.message}`);
		return null;
	}
}

/** The user data's tree comes last: it is what somebody has written for this very machine. */
async function writeFound(
	{ userData, metaData, networkConfig, instance: known }: Found,
	config: string,
	problems: string[],
): Promise<void> {
	const text = userData?.toString('utf8') ?? '';
	const instances = [
		...(known === null ? [] : [known]),
		...(metaData === null ? [] : [await parseMetaData(metaData.toString('utf8'))]),
		...(isCloudConfig(text) ? [await parseCloudConfig(text)] : []),
	];
	for (const instance of instances) problems.push(...instance.problems);
	const hostname = instances.map((instance) => instance.hostname).findLast((name) => name !== null);
	if (hostname !== undefined) writeFileIn(config, 'hostname', hostname, 0o644);
	const keys = instances.flatMap((instance) => instance.keys);
	if (keys.length > 0) {
		const ssh = makeFolderIn(config, 'ssh', 0o700);
		writeFileIn(ssh, 'authorized_keys', keys.map((key) => `${key}\n`).join(''), 0o600);
	}
	// Before the user data, whose tree may have one as well.
	if (networkConfig !== null) writeFileIn(config, 'network-config', networkConfig, 0o644);
	if (userData === null) return;
	writeFileIn(config, 'userdata', userData, 0o644);
	if (isCloudConfig(text)) return;
	const tree = parseJson(text);
	if (tree !== undefined) writeTree(config, tree, problems);
	// As somebody who meant a tree would want to know.
	else if (/^\s*\{/.test(text))
		problems.push('the user data begins with "{" and yet is no JSON: no files come of it');
}

/** Undefined for what is no object of JSON's: user data may be anything. */
function parseJson(text: string): object | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
}

/** Sets the hostname from the file, whoever wrote it, as LinuxKit's program does. */
function setHostname(
	native: Pick<Native, 'sethostname'>,
	config: string,
	host: AppletHost,
	problems: string[],
): void {
	const file = join(config, 'hostname');
	if (!existsSync(file)) return;
	const name = readFileSync(file, 'utf8').trim();
	// hostname(7); 64 bytes are the kernel's limit.
	if (!/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name)) {
		problems.push(`${file}: "${name.slice(0, 80)}" is no hostname`);
		return;
	}
	native.sethostname(name);
	host.print(`The hostname is ${name}`);
}
