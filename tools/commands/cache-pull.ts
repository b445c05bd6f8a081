// `slipway cache pull`: images from registries into the local store.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Platform } from '../image/descriptor.ts';
import { hostPlatform, openImageStore } from '../image/store.ts';
import { storeFolder } from '../image/store-location.ts';
import { dockerCredentials } from '../registry/docker-credentials.ts';
import { parseMirror } from '../registry/endpoint.ts';
import { openHttpClient } from '../registry/http-client.ts';
import { pullImage } from '../registry/pull-image.ts';
import { pullProgress } from '../registry/pull-progress.ts';
import { defaultRetryPolicy } from '../registry/retry.ts';
import { readArguments } from './arguments.ts';
import { type Command, SlipwayError, UsageError } from './command.ts';

const help = `Usage: slipway cache pull [options] REFERENCE...

Fetches images from their registries into the local store and writes "REFERENCE DIGEST" for each. Every blob is checked
against its digest. Logins are Docker's: config.json in $DOCKER_CONFIG or ~/.docker, with its credential helpers.

Options:
  --mirror REGISTRY=URL   where to ask first, for example docker.io=http://127.0.0.1:5000; several are asked in order,
                          and the registry itself last
  --ca FILE               trust the certificates of this PEM file too
  --platform OS/ARCH      which image of several (default: ${hostPlatform.os}/${hostPlatform.architecture})
  --cache DIR             the image store (default: $SLIPWAY_CACHE or $XDG_CACHE_HOME/slipway)
  --help                  this text
`;

const idleTimeoutMs = 30_000;

export const cachePullCommand: Command = {
	name: 'cache pull',
	summary: 'fetch images from registries into the local store',
	help,
	async run(args, streams) {
		const { references, mirrors, caFile, platform, cache } = parse(args);
		const store = openImageStore(storeFolder(cache));
		const ca = caFile === undefined ? null : await readCertificates(caFile);
		const http = openHttpClient({ ca, idleTimeoutMs });
		const credentialsOf = dockerCredentials();
		const progress = pullProgress(streams.err, () => performance.now());
		try {
			for (const each of references) {
				const pulled = await pullImage(each, store, {
					...{ mirrors, platform, http, credentialsOf, progress },
					retry: defaultRetryPolicy,
				});
				if (pulled.upToDate) streams.err.write(`${pulled.reference}: up to date\n`);
				streams.out.write(`${pulled.reference} ${pulled.digest}\n`);
			}
		} finally {
			http.close();
		}
		return 0;
	},
};

async function readCertificates(file: string): Promise<string> {
	const pem = await readFile(file, 'utf8');
	try {
		new X509Certificate(pem);
		return pem;
	} catch (cause) {
		throw new SlipwayError('BAD_CA', `${file}, given by --ca, holds no certificate in PEM.`, { cause });
	}
}

function parse(args: readonly string[]) {
	const { values, positionals } = readArguments(args, {
		mirror: { type: 'string', multiple: true, default: [] },
		ca: { type: 'string' },
		platform: { type: 'string' },
		cache: { type: 'string' },
	});
	if (positionals.length === 0)
		throw new UsageError('cache pull needs a REFERENCE, for example docker.io/library/redis:7.');
	return {
		references: positionals,
		mirrors: values.mirror.map(parseMirror),
		caFile: values.ca,
		platform: values.platform === undefined ? hostPlatform : parsePlatform(values.platform),
		cache: values.cache,
	};
}

function parsePlatform(text: string): Platform {
	const [, os, architecture] = /^([a-z0-9]+)\/([a-z0-9_]+)$/.exec(text) ?? [];
	if (os === undefined || architecture === undefined)
		throw new UsageError(`--platform ${text}: expected OS/ARCH, for example linux/arm64.`);
	return { os, architecture };
}
