// Images of two layers as archives: an OCI layout, and what `docker save` of older versions writes.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostProcessor } from '../../supervisor/contract/processors.ts';
import { runProgram } from '../helpers/program.ts';

const config = (diffIds: readonly string[]) => ({
	architecture: hostProcessor.name,
	os: 'linux',
	config: {
		Env: ['PATH=/bin', 'MARK=of the image'],
		Entrypoint: ['/bin/sh', '-c'],
		Cmd: ['echo $MARK; id -u; pwd; ls /srv'],
		WorkingDir: '/srv',
		User: 'web',
	},
	rootfs: { type: 'layers', diff_ids: diffIds },
});

const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Makes both in `folder`, of a lower layer and one that hides `/srv/file`, adds `/srv/new` and replaces a directory by what it names opaque.
 */
export async function makeArchives(
	folder: string,
	lowerTar: string,
): Promise<{ readonly layout: string; readonly docker: string }> {
	const upper = join(folder, 'upper');
	mkdirSync(join(upper, 'srv'), { recursive: true });
	mkdirSync(join(upper, 'etc/old'), { recursive: true });
	writeFileSync(join(upper, 'srv/.wh.file'), '');
	writeFileSync(join(upper, 'srv/new'), '');
	writeFileSync(join(upper, 'etc/old/.wh..wh..opq'), '');
	const upperTar = join(folder, 'upper.tar');
	await runProgram('tar', ['-C', upper, '-cf', upperTar, '.']);
	const tars = [lowerTar, upperTar].map((path) => readFileSync(path));
	const file = Buffer.from(JSON.stringify(config(tars.map(digest))));
	return { layout: await makeLayout(folder, tars, file), docker: await makeDocker(folder, tars, file) };
}

async function makeLayout(folder: string, tars: readonly Buffer[], file: Buffer): Promise<string> {
	const root = join(folder, 'layout');
	mkdirSync(join(root, 'blobs/sha256'), { recursive: true });
	const put = (bytes: Buffer, mediaType: string) => {
		writeFileSync(join(root, 'blobs/sha256', digest(bytes).slice(7)), bytes);
		return { mediaType, digest: digest(bytes), size: bytes.length };
	};
	const manifest = Buffer.from(
		JSON.stringify({
			schemaVersion: 2,
			config: put(file, 'application/vnd.oci.image.config.v1+json'),
			layers: tars.map((tar) => put(tar, 'application/vnd.oci.image.layer.v1.tar')),
		}),
	);
	const index = {
		schemaVersion: 2,
		manifests: [put(manifest, 'application/vnd.oci.image.manifest.v1+json')],
	};
	writeFileSync(join(root, 'index.json'), JSON.stringify(index));
	writeFileSync(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
	const path = join(folder, 'layout.tar.gz');
	await runProgram('tar', ['-C', root, '-czf', path, '.']);
	return path;
}

/** The upper layer is named by a link, too, as docker does for the same layer of two images. */
async function makeDocker(folder: string, tars: readonly Buffer[], file: Buffer): Promise<string> {
	const root = join(folder, 'docker');
	for (const [at, tar] of tars.entries()) {
		mkdirSync(join(root, String(at)), { recursive: true });
		writeFileSync(join(root, `${at}/layer.tar`), tar);
	}
	copyFileSync(join(root, '1/layer.tar'), join(root, 'same.tar'));
	symlinkSync('../1/layer.tar', join(root, '0/linked.tar'));
	writeFileSync(join(root, 'config.json'), file);
	const Layers = ['0/layer.tar', '0/linked.tar'];
	writeFileSync(
		join(root, 'manifest.json'),
		JSON.stringify([{ Config: 'config.json', RepoTags: ['a:b'], Layers }]),
	);
	const path = join(folder, 'docker.tar');
	await runProgram('tar', ['-C', root, '-cf', path, '.']);
	return path;
}
