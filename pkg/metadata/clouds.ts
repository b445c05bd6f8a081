// The metadata services of clouds, each as its documentation describes it, by LinuxKit's names.

import { AppletError } from '../applet/applet.ts';
import { type Ask, type AskOptions, bodyOf, textOf } from './http-ask.ts';
import { type Instance, instanceOf, parseMetaData } from './instance.ts';

export interface CloudData {
	readonly userData: Buffer | null;
	readonly instance: Instance;
}

export interface Cloud {
	/** `http://HOST` of the service. */
	readonly base: string;
	/** Returns null when it is another service that answers. */
	read(ask: Ask): Promise<CloudData | null>;
}

const linkLocal = 'http://169.254.169.254';
const maxKeys = 64;

export const clouds: ReadonlyMap<string, Cloud> = new Map<string, Cloud>([
	['aws', { base: linkLocal, read: readAws }],
	['gcp', { base: linkLocal, read: readGcp }],
	['hetzner', { base: linkLocal, read: readHetzner }],
	['openstack', { base: linkLocal, read: readOpenstack }],
	['digitalocean', { base: linkLocal, read: readDigitalOcean }],
	['scaleway', { base: 'http://169.254.42.42', read: readScaleway }],
]);

/** Amazon EC2's IMDS: version 2 with a token, else version 1, which other clouds imitate. */
async function readAws(ask: Ask): Promise<CloudData | null> {
	const { status, body } = await ask('/latest/api/token', {
		method: 'PUT',
		headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' },
	});
	const token = status === 200 ? body.toString('latin1').trim() : '';
	const isToken = /^[\x21-\x7e]{1,1024}$/.test(token);
	const options: AskOptions = isToken ? { headers: { 'X-aws-ec2-metadata-token': token } } : {};
	if ((await textOf(ask, '/latest/meta-data/instance-id', options)) === null) return null;
	const hostname = await textOf(ask, '/latest/meta-data/hostname', options);
	// A line a key: `0=NAME`.
	const names = ((await textOf(ask, '/latest/meta-data/public-keys/', options)) ?? '').split('\n');
	const keys: string[] = [];
	for (const [, number = ''] of names.slice(0, maxKeys).flatMap((line) => [/^(\d{1,4})=/.exec(line) ?? []])) {
		if (number === '') continue;
		const key = await textOf(ask, `/latest/meta-data/public-keys/${number}/openssh-key`, options);
		if (key !== null) keys.push(key);
	}
	return {
		userData: await bodyOf(ask, '/latest/user-data', options),
		instance: instanceOf('the metadata', { hostname, keys }, ['hostname'], 'keys'),
	};
}

/** Google Compute Engine. Its answers name it in a header. */
async function readGcp(ask: Ask): Promise<CloudData | null> {
	const base = '/computeMetadata/v1/';
	const options = { headers: { 'Metadata-Flavor': 'Google' } };
	const { headers } = await ask(base, options);
	if (headers['metadata-flavor'] !== 'Google') return null;
	const text = async (path: string): Promise<string | null> => await textOf(ask, `${base}${path}`, options);
	const isBlocked = (await text('instance/attributes/block-project-ssh-keys'))?.toLowerCase() === 'true';
	const lines = [
		await text('instance/attributes/ssh-keys'),
		isBlocked ? null : await text('project/attributes/ssh-keys'),
	].flatMap((each) => each?.split('\n') ?? []);
	// USER:KEY; the user's name is no matter here.
	const keys = lines.map((line) => line.slice(line.indexOf(':') + 1));
	const attribute = async (name: string): Promise<Buffer | null> =>
		await bodyOf(ask, `${base}instance/attributes/${name}`, options);
	return {
		userData: (await attribute('user-data')) ?? (await attribute('userdata')),
		instance: instanceOf(
			'the metadata',
			{ hostname: shortEnough(await text('instance/hostname')), keys },
			['hostname'],
			'keys',
		),
	};
}

/** Google's names have the project in them, and the kernel's limit is 64 bytes (hostname(7)). */
function shortEnough(name: string | null): string | null {
	return name !== null && name.length > 64 ? (name.split('.')[0] ?? null) : name;
}

/** Hetzner's document is YAML. */
async function readHetzner(ask: Ask): Promise<CloudData | null> {
	const document = await textOf(ask, '/hetzner/v1/metadata');
	if (document === null) return null;
	return {
		userData: await bodyOf(ask, '/hetzner/v1/userdata'),
		instance: await parseMetaData(document),
	};
}

async function readOpenstack(ask: Ask): Promise<CloudData | null> {
	const document = await textOf(ask, '/openstack/latest/meta_data.json');
	if (document === null) return null;
	return {
		userData: await bodyOf(ask, '/openstack/latest/user_data'),
		instance: instanceOf('meta_data.json', parsedJson(document), ['hostname'], 'public_keys'),
	};
}

async function readDigitalOcean(ask: Ask): Promise<CloudData | null> {
	if ((await textOf(ask, '/metadata/v1/id')) === null) return null;
	const hostname = await textOf(ask, '/metadata/v1/hostname');
	const keys = await textOf(ask, '/metadata/v1/public-keys');
	return {
		userData: await bodyOf(ask, '/metadata/v1/user-data'),
		instance: instanceOf('the metadata', { hostname, keys }, ['hostname'], 'keys'),
	};
}

/** Scaleway gives user data to root alone, which it knows by the port of the client. */
async function readScaleway(ask: Ask): Promise<CloudData | null> {
	const document = await textOf(ask, '/conf?format=json');
	if (document === null) return null;
	const value = parsedJson(document);
	const { hostname, ssh_public_keys: records } = value as { hostname?: unknown; ssh_public_keys?: unknown };
	const keys = Array.isArray(records)
		? records.slice(0, maxKeys).map((each: { readonly key?: unknown } | null) => each?.key)
		: records;
	return {
		userData: await bodyOf(ask, '/user_data/cloud-init', { isFromLowPort: true }),
		instance: instanceOf('conf', { hostname, keys }, ['hostname'], 'keys'),
	};
}

const maxJsonLength = 512 * 1024;

/** Throws for what is no object of JSON. */
function parsedJson(text: string): object {
	let value: unknown = null;
	try {
		if (text.length <= maxJsonLength) value = JSON.parse(text);
	} catch {
		// It is reported below.
	}
	if (typeof value === 'object' && value !== null) return value;
	throw new AppletError('the metadata service answers with something else than its JSON');
}
