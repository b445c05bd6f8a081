// The options of the commands that talk to registries, and what they open.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SlipwayError } from '../errors.ts';
import { dockerCredentials } from '../registry/docker-credentials.ts';
import { parseMirror } from '../registry/endpoint.ts';
import { openHttpClient } from '../registry/http-client.ts';
import { proxyFor } from '../registry/proxy.ts';
import type { PullOptions } from '../registry/pull-image.ts';
import { defaultRetryPolicy } from '../registry/retry.ts';
import type { Streams } from '../terminal/streams.ts';
import { transferProgress } from '../terminal/transfer-progress.ts';

export const registryOptions = {
	mirror: { type: 'string', multiple: true },
	ca: { type: 'string' },
} as const;

export const caHelp = `\
  --ca FILE               trust the certificates of this PEM file too
`;

/** For the help texts. */
export const registryHelp = `\
  --mirror REGISTRY=URL   where to ask first, for example docker.io=http://127.0.0.1:5000; several are asked in order,
                          and the registry itself last
${caHelp}`;

interface RegistryValues {
	readonly mirror?: readonly string[] | undefined;
	readonly ca?: string | undefined;
}

export interface Registries extends Omit<PullOptions, 'platform'> {
	close(): void;
}

const idleTimeoutMs = 30_000;

/** Logins and proxies are Docker's; progress goes to standard error. */
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
		...{ mirrors, http, retry: defaultRetryPolicy, credentialsOf: dockerCredentials() },
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
		throw new SlipwayError('BAD_CA', `${file}, given by --ca, holds no certificate in PEM.`, { cause });
	}
}
