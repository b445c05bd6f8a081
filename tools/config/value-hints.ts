// Hints at what was meant by a value of a wrong type: most are forms of Compose and Kubernetes. foreign-words.ts answers their keys.

import { bytesOf } from './sizes.ts';

/** Returns what to write here, as sentences. @param texts - the texts of the value that was given, see `textsOf()` */
export type Answer = (texts: readonly string[]) => string;

/** A list in the form in which YAML takes it on one line. In quotes, a number is a text. */
export function flowList(texts: readonly string[]): string {
	return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}

/** Returns the list of the words of a command line, which a shell runs when it has signs of the shell in it. */
export function commandHint([text = '']: readonly string[]): string {
	const words = /[|&;<>()$`\\"'*?~#\n]/.test(text)
		? ['/bin/sh', '-c', text]
		: text.split(/\s+/).filter((word) => word !== '');
	return `Did you mean ${flowList(words)}?`;
}

/** `env:` as a map. */
export function environmentHint(texts: readonly string[]): string {
	return `Did you mean ${flowList(texts)}?`;
}

/** Names as a text or a map, such as Compose's `networks` and `depends_on`. */
export function namesHint(texts: readonly string[]): string {
	return `Did you mean ${flowList(texts.flatMap((text) => text.replace(/=.*/s, '').split(/[,\s]+/)).filter((name) => name !== ''))}?`;
}

/** `networks:` at the top as Compose's map. */
export function systemNetworksHint(texts: readonly string[]): string {
	const names = texts.map((text) => text.replace(/=.*/s, ''));
	return `Did you mean [${(names.length === 0 ? ['front'] : names).map((name) => `{ name: ${name} }`).join(', ')}]?`;
}

export function restartHint([text = '']: readonly string[]): string {
	const policy = policyOf(text);
	return policy === null ? 'Write restart: { policy: on-failure }.' : `Did you mean { policy: ${policy} }?`;
}

/** Returns the policy that means what Docker's word means, or null. */
export function policyOf(word: string): string | null {
	if (/^(?:always|unless-stopped|true|yes|on)$/i.test(word)) return 'always';
	if (/^on-?failure(?::\d+)?$/i.test(word)) return 'on-failure';
	return /^(?:no|never|none|false)$/i.test(word) ? 'no' : null;
}

export function bytesHint([text = '']: readonly string[]): string {
	const bytes = bytesOf(text);
	return bytes === null ? 'It is a number of bytes, such as 268435456.' : `${text} is ${bytes} bytes.`;
}

/** A limit of memory without its key. */
export function limitHint([text = '']: readonly string[]): string {
	return `Did you mean { limit: ${bytesOf(text) ?? 268_435_456} }? The limit is in bytes.`;
}

/** A variable of `env` as a map: `NAME: value`, or Kubernetes' `name` and `value`. */
export function variableHint(texts: readonly string[]): string {
	const { name, value = '' } = fieldsOf(texts);
	return `Did you mean ${JSON.stringify(name === undefined ? (texts[0] ?? 'NAME=VALUE') : `${name}=${value}`)}?`;
}

/** A port as a map: Compose's `target` and `published`, Kubernetes' `containerPort` and `hostPort`. */
export function portHint(texts: readonly string[]): string {
	const {
		target,
		published,
		containerPort = target ?? '80',
		hostPort = published ?? containerPort,
	} = fieldsOf(texts);
	return `Did you mean "${hostPort}:${containerPort}"?`;
}

/** A bind as a map: Compose's `source` and `target`, or `SOURCE: TARGET`. */
export function bindHint(texts: readonly string[]): string {
	const { source, target, read_only, ...others } = fieldsOf(texts);
	const [[from = source, to = target] = []] = texts.some((each) => each.startsWith('/'))
		? Object.entries(others)
		: [];
	if (from === undefined || to === undefined) return 'Expected a text such as "/var/lib/data:/data".';
	return `Did you mean "${from}:${to}${read_only === 'true' ? ':ro' : ''}"?`;
}

/** Numbers of devices that containers often want (the kernel's Documentation/admin-guide/devices.txt). */
const deviceNumbers: Readonly<Record<string, string>> = {
	'/dev/kvm': 'major: 10, minor: 232',
	'/dev/fuse': 'major: 10, minor: 229',
	'/dev/net/tun': 'major: 10, minor: 200',
	'/dev/ttyS0': 'major: 4, minor: 64',
};

/** A device as Docker's text `/dev/kvm[:/dev/kvm[:rwm]]`. */
export function deviceHint([text = '/dev/kvm']: readonly string[]): string {
	const [path = ''] = text.split(':');
	const numbers = deviceNumbers[path] ?? 'major: MAJOR, minor: MINOR';
	return `Did you mean { path: ${path}, type: c, ${numbers}, mode: "0666" }? "ls -l ${path}" shows the numbers.`;
}

/** An image as a map, as in `services`. */
export function imageHint(texts: readonly string[]): string {
	const { image = 'slipway/init:v1' } = fieldsOf(texts);
	return `Did you mean ${image}?`;
}

/** Words of the kernel's command line as a list. */
export function cmdlineHint(texts: readonly string[]): string {
	return `Did you mean ${JSON.stringify(texts.join(' '))}?`;
}

/** A port of a probe with a host. */
export function probePortHint([text = '']: readonly string[]): string {
	const [, host = '', port = ''] = /^(?:tcp:\/\/)?([\w.-]*):(\d+)$/.exec(text) ?? [];
	if (port === '') return 'It is the number of a port, such as 8080.';
	return `Did you mean { tcp: ${port}${/^(?:|localhost|127\.0\.0\.1)$/.test(host) ? '' : `, host: ${host}`} }?`;
}

/** A probe without its kind. */
export function probeHint([text = '']: readonly string[]): string {
	if (/^http:/.test(text)) return `Did you mean { http: ${JSON.stringify(text)} }?`;
	if (/^\d+$/.test(text)) return `Did you mean { tcp: ${text} }?`;
	return text.startsWith('/')
		? `Did you mean { exec: ${flowList(text.split(/\s+/))} }?`
		: 'Write { tcp: 8080 }, or one of http, exec, file and notify.';
}

/** The end of a service by a word. */
export function stopHint([text = '']: readonly string[]): string {
	return /^\d/.test(text)
		? `Did you mean { timeout: ${text.replace(/^\d+$/, '$&s')} }?`
		: `Did you mean { signal: ${text.toUpperCase().replace(/^(?:SIG)?/, 'SIG')} }?`;
}

/** A quota in percent or in processors. */
export function quotaHint([text = '']: readonly string[]): string {
	const [, number = '', percent = ''] = /^(\d{1,4}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
	const microseconds = Math.round(Number(number) * (percent === '' ? 100_000 : 1000));
	const meant = number === '' ? '50000 is half a processor' : `${text} is ${microseconds}`;
	return `It is processor time per period, in microseconds: ${meant} with "period: 100000".`;
}

/** The pairs of a map, of `textsOf()`. */
function fieldsOf(texts: readonly string[]): Readonly<Record<string, string | undefined>> {
	return Object.fromEntries(
		texts.map((text) => [text.replace(/=.*/s, ''), text.includes('=') ? text.replace(/^[^=]*=/, '') : '']),
	);
}
