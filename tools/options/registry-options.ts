// The options of the commands that use registries, and the connections that follow from them.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';
import { dockerCredentials } from '../registry/docker-credentials.ts';
import { parseMirror } from '../registry/endpoint.ts';
import { openHttpClient } from '../registry/http-client.ts';
import { proxyFor } from '../registry/proxy.ts';
import type { PullOptions } from '../registry/pull-image.ts';
import { defaultRetryPolicy } from '../registry/retry.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { Streams } from '../terminal/streams.ts';
import { transferProgress } from '../terminal/transfer-progress.ts';

/** The option of the commands that send to a registry. */
export const caOption = {
	ca: {
		value: 'FILE',
		completes: 'file',
		group: 'Images',
		help: 'trust the certificates of this PEM file too',
	},
} as const satisfies OptionTable;

/** The options of the commands that fetch from registries. */
export const registryOptions = {
	mirror: {
		value: 'REGISTRY=URL',
		isRepeatable: true,
		group: 'Images',
		help:
			'a server to try before the registry, for example docker.io=http://127.0.0.1:5000. Several are tried in ' +
			'order, and the registry itself last',
	},
	...caOption,
} as const satisfies OptionTable;

export const plainHttpOption = {
	'plain-http': {
		help: 'use plain HTTP to the registry; a registry on this machine (localhost, 127.0.0.1) always gets plain HTTP',
	},
} as const satisfies OptionTable;

interface RegistryValues {
	readonly mirror?: readonly string[] | undefined;
	readonly ca?: string | undefined;
}

interface Registries extends Omit<PullOptions, 'platform'> {
	close(): void;
}

const idleTimeoutMs = 30_000;

/** Uses the logins and proxies of Docker; progress goes to standard error. The caller closes the result. */
export async function openRegistries(
	values: RegistryValues,
	streams: Streams,
	direction: 'fetch' | 'send' = 'fetch',
): Promise<Registries> {
	const mirrors = (values.mirror ?? []).map(parseMirror);
	const http = openHttpClient({
		ca: values.ca === undefined ? null : await readCertificates(values.ca),
		idleTimeoutMs,
		proxyFor: proxyFor(),
	});
	return {
		mirrors,
		http,
		retry: defaultRetryPolicy,
		credentialsOf: dockerCredentials(),
		progress: transferProgress(streams.err, () => performance.now(), direction),
		close: () => http.close(),
	};
}

async function readCertificates(file: string): Promise<string> {
	const pem = await readFile(file, 'utf8');
	try {
		new X509Certificate(pem);
		return pem;
	} catch (cause) {
		throw new SlipwayError('BAD_INPUT', `${file}, given by --ca, contains no certificate in PEM.`, { cause });
	}
}
