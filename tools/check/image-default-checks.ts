// The checks of what an image says about its containers and LinuxKit's format does not take over: its user, its health check, its
// signal, its ports and its volumes (image-spec, `config.md`).

import { printable } from '../../native/text/printable.ts';
import type { ServiceConfig } from '../config/system-config.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import { imageHealth } from '../system/bundle/image-health.ts';
import { labelSettings } from '../system/bundle/image-label.ts';
import { parseStopSignal } from '../system/bundle/stop-signal.ts';
import type { Finding } from './finding.ts';
import type { CheckedContainer } from './system.ts';

type Found = Pick<Finding, 'check' | 'severity' | 'path' | 'message'>;

const maxShownLength = 60;
const maxShownPorts = 8;

export function imageDefaultFindings(container: CheckedContainer): readonly Finding[] {
	const { config } = container;
	return [
		...userFindings(container),
		...healthFindings(container),
		...stopSignalFindings(container),
		...portFindings(container),
		...volumeFindings(container),
	].map((each) => ({ ...each, at: config.at, message: `${config.name}: ${each.message}` }));
}

/** An explicit `uid` or `gid`, 0 included, is an answer. */
function userFindings({ config, image, facts }: CheckedContainer): Found[] {
	const { User: user = '', Labels: labels } = image.config.config;
	const { uid, gid } = { ...labelSettings(labels, config.image), ...config };
	if (user === '' || /^(?:root|0)(?::(?:root|0)?)?$/.test(user) || uid !== undefined || gid !== undefined)
		return [];
	const ids =
		facts === null ? null : idsOf(user, facts.texts['etc/passwd'] ?? '', facts.texts['etc/group'] ?? '');
	const shown = printable(user.slice(0, maxShownLength));
	const advice =
		ids === null || ids.uid === null || ids.gid === null
			? `${unknownOf(ids)}Write "uid" and "gid" as numbers`
			: `Write "uid: ${ids.uid}" and "gid: ${ids.gid}" to run it as that user`;
	const message =
		`the image ${config.image} asks for the user "${shown}" (USER), but the container runs as root, as in LinuxKit. ` +
		`${advice}, or "uid: 0" when root is meant.`;
	return [{ check: 'user', severity: 'warning', path: ['image'], message }];
}

interface Ids {
	/** Null for a name that the image does not have. */
	readonly uid: number | null;
	readonly gid: number | null;
}

/** @param ids - null when nothing is known of the image's files */
function unknownOf(ids: Ids | null): string {
	if (ids === null) return '';
	return ids.uid === null
		? 'The image has no such user in /etc/passwd. '
		: 'The image has no such group in /etc/group. ';
}

/** Returns the numbers of `USER`, `USER:GROUP`, numbers included, as container runtimes resolve them. */
function idsOf(user: string, passwd: string, group: string): Ids {
	const [name = '', groupName] = user.split(':');
	const line = linesOf(passwd).find(([each, , uid]) => each === name || uid === name);
	const uid = numberOf(name) ?? numberOf(line?.[2]);
	const named = groupName === undefined || groupName === '' ? undefined : groupName;
	const gid =
		named === undefined
			? (numberOf(line?.[3]) ?? 0)
			: (numberOf(named) ?? numberOf(linesOf(group).find(([each]) => each === named)?.[2]));
	return { uid, gid };
}

function linesOf(text: string): string[][] {
	return text.split('\n').map((line) => line.split(':'));
}

function numberOf(text: string | undefined): number | null {
	return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}

function healthFindings({ section, config, image }: CheckedContainer): Found[] {
	if (section !== 'services' || 'health' in config) return [];
	if (imageHealth(image.config.config.Healthcheck) !== 'unknown') return [];
	const message =
		`the image ${config.image} has a HEALTHCHECK that is neither a program nor a line for a shell. It is not run; write ` +
		'"health" with what it means, or "health: none".';
	return [{ check: 'healthcheck', severity: 'warning', path: ['image'], message }];
}

function stopSignalFindings({ section, config, image }: CheckedContainer): Found[] {
	const { StopSignal: text = '' } = image.config.config;
	const { stop } = config as Partial<ServiceConfig>;
	const isAnswered = stop?.signal !== undefined || parseStopSignal(text) !== null;
	if (section !== 'services' || text === '' || isAnswered) return [];
	const message =
		`the image ${config.image} asks to be stopped by "${printable(text.slice(0, maxShownLength))}" (STOPSIGNAL), which is no ` +
		'signal that slipway can send. SIGTERM is sent; write "stop: { signal: … }" for another.';
	return [{ check: 'stop-signal', severity: 'warning', path: ['image'], message }];
}

function portFindings({ section, config, image, spec, bundle }: CheckedContainer): Found[] {
	const { ExposedPorts: exposed = {} } = image.config.config;
	const ports = Object.keys(exposed);
	const network = spec.linux?.namespaces?.find(({ type }) => type === 'network');
	const isAlone = network !== undefined && network.path === undefined;
	const { interfaces, bindNS } = bundle.runtime;
	if (section !== 'services' || ports.length === 0 || !isAlone || interfaces.length > 0 || bindNS.net !== '')
		return [];
	const message =
		`the image ${config.image} serves ${shownPorts(ports)}, but with a network namespace of its own and no interface in it ` +
		'nobody reaches that. Write "net: bridge" with "ports", "net: host", or give it an interface with "runtime: interfaces".';
	return [
		{ check: 'port', severity: 'warning', path: config.net === undefined ? ['image'] : ['net'], message },
	];
}

function shownPorts(ports: readonly string[]): string {
	return ports
		.slice(0, maxShownPorts)
		.map((port) => printable(port.slice(0, maxShownLength)))
		.join(', ');
}

function volumeFindings({ section, config, image, tree, bundle }: CheckedContainer): Found[] {
	const { Volumes: volumes = {} } = image.config.config;
	if (section !== 'services' || tree === null) return [];
	const bare = Object.keys(volumes).filter(
		(path) => path.startsWith('/') && tree.find(path).is !== 'mounted',
	);
	if (bare.length === 0) return [];
	const shown = shownPorts(bare);
	const message = bundle.readonly
		? `the image ${config.image} writes to ${shown} (VOLUME), which a read-only container cannot. Add a bind or a tmpfs there.`
		: `the image ${config.image} keeps data in ${shown} (VOLUME), which here is in memory and is lost when the machine ends. ` +
			'Bind a directory of a disk there, or a volume.';
	return [{ check: 'volume', severity: 'warning', path: ['image'], message }];
}

/** Returns a line for each service of the host's network with ports of its image: how to reach them from the host. */
export function publishLines(plan: Plan): readonly string[] {
	return plan.config.services.flatMap(({ name, image, networks, net = 'host' }) => {
		const { ExposedPorts: exposed = {} } = imageOf(plan, image).config.config;
		const ports = Object.keys(exposed);
		const numbers = ports
			.flatMap((port) => /^(\d{1,5})(?:\/tcp)?$/.exec(port)?.[1] ?? [])
			.slice(0, maxShownPorts);
		if (numbers.length === 0 || networks !== undefined || (net !== 'host' && net !== '')) return [];
		const options = numbers.map((port) => `--publish ${port}:${port}`).join(' ');
		return [
			`services/${name}: its image serves ${shownPorts(ports)}. Reach it with: slipway run ${options} …`,
		];
	});
}
