// NoCloud over the network: the kernel's command line names a server of cloud-init's files, `ds=nocloud-net;s=http://HOST/PATH/`
// (cloud-init's documentation, reference/datasources/nocloud).

import { setTimeout as sleep } from 'node:timers/promises';
import { commandLineWords } from '../../native/linux/command-line-words.ts';
import { AppletError } from '../applet/applet.ts';
import { asking, bodyOf, NoService } from './http-ask.ts';

export interface NoCloudSeed {
	/** Ends in `/`. */
	readonly url: string;
	/** `h=` on the command line; null without it. */
	readonly hostname: string | null;
}

export interface NoCloudFiles {
	readonly metaData: Buffer;
	readonly userData: Buffer | null;
	readonly networkConfig: Buffer | null;
}

/** Returns null when the command line names no server. The last word counts, as for other parameters of the kernel. */
export function noCloudSeed(commandLine: string): NoCloudSeed | null {
	const word = commandLineWords(commandLine).findLast((each) => /^ds=nocloud(-net)?;/.test(each));
	const fields = (word ?? '').split(';').slice(1);
	const value = (...names: readonly string[]): string | undefined =>
		fields.find((each) => names.some((name) => each.startsWith(`${name}=`)))?.replace(/^[^=]*=/, '');
	const url = value('s', 'seedfrom');
	// A directory of the machine itself is cloud-init's other form.
	if (url === undefined || !url.includes('://')) return null;
	return { url: url.endsWith('/') ? url : `${url}/`, hostname: value('h', 'local-hostname') ?? null };
}

const pauseMs = 500;

/** Asks again until `waitMs` are over, as the network may come up late. Throws an `AppletError` when the files do not come. */
export async function readNoCloud(
	{ url }: NoCloudSeed,
	waitMs: number,
	timeoutMs: number,
): Promise<NoCloudFiles> {
	const ask = asking(url, timeoutMs);
	const endMs = performance.now() + waitMs;
	for (;;) {
		try {
			const metaData = await bodyOf(ask, 'meta-data');
			if (metaData === null) throw new AppletError(`${url}meta-data is not there, which NoCloud asks for`);
			return {
				metaData,
				userData: await bodyOf(ask, 'user-data'),
				networkConfig: await bodyOf(ask, 'network-config'),
			};
		} catch (error) {
			if (!(error instanceof NoService) || performance.now() >= endMs) throw error;
			await sleep(pauseMs);
		}
	}
}
