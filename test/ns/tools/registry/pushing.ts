// Pushes an image of a store to Debian's docker-registry and looks at it by skopeo.

import type { ExecutionContext } from 'ava';
import { parsePlatform } from '../../../../supervisor/image/platform.ts';
import type { ImageStore } from '../../../../tools/images/store.ts';
import { type Pushed, pushImage } from '../../../../tools/registry/push-image.ts';
import { type Finished, runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { reference, type Setting, transferOptions } from './pulling.ts';

export async function push(
	t: ExecutionContext,
	store: ImageStore,
	target: string,
	setting: Setting & { readonly from?: string; readonly plainHttp?: boolean } = {},
): Promise<Pushed> {
	return await pushImage(setting.from ?? reference, target, store, {
		...transferOptions(t, setting),
		platform: parsePlatform(setting.platform ?? ''),
		plainHttp: setting.plainHttp ?? false,
	});
}

/** Copies all of the image out of the registry, which checks each digest. */
export async function readBack(
	t: ExecutionContext,
	name: string,
	...options: readonly string[]
): Promise<Finished> {
	const copied = await runProgram('skopeo', [
		...['copy', '--src-tls-verify=false', ...options, `docker://${name}`, `oci:${scratchFolder(t)}/copy:v1`],
	]);
	if (copied.exitCode !== 0) throw new Error(copied.stderr);
	const inspect = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}'];
	const credentials = options
		.filter((each) => each.includes('creds'))
		.map((each) => each.replace('src-', ''));
	return await runProgram('skopeo', [...inspect, ...credentials, `docker://${name}`]);
}
