// The four documents' systems: a registry that `slipway pkg push` fills with our packages under the names that stand in the
// documents, and builds of them as a user types it.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { parseReference } from '../../tools/images/reference.ts';
import { type Finished, runProgram } from './program.ts';
import { startRegistry } from './registry.ts';
import type { Owner } from './scratch.ts';
import { slipway, slipwayProgram } from './system.ts';

export interface Documents {
	/** The directory of the copies, their lock files and the systems. */
	readonly folder: string;
	/** For what is typed there: a store of its own. */
	readonly env: NodeJS.ProcessEnv;
	/** `slipway build --mirror docker.io=… OPTIONS FILES`, with a store of its own. */
	build(...options: readonly string[]): Promise<Finished>;
	/** The same; returns the NAME to boot, or throws slipway's words. */
	built(document: string, ...options: readonly string[]): Promise<string>;
}

/** @param names - of the documents, without their ending */
export async function publishedDocuments(t: Owner, ...names: readonly string[]): Promise<Documents> {
	const host = await startRegistry(t);
	const folder = resolve('build/test/documents');
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	for (const name of names) copyFileSync(`test/documents/${name}.yml`, resolve(folder, `${name}.yml`));
	const images = new Set(
		names.flatMap((name) => imagesIn(readFileSync(`test/documents/${name}.yml`, 'utf8'))),
	);
	const pushed = await slipway('pkg', 'push', host, ...[...images].map(asPackage));
	if (pushed.exitCode !== 0) throw new Error(`slipway pkg push failed:\n${pushed.stderr}`);

	const env = { ...process.env, SLIPWAY_CACHE: resolve(folder, 'store') };
	async function build(...options: readonly string[]): Promise<Finished> {
		const args = ['build', '--mirror', `docker.io=http://${host}`, ...options];
		return await runProgram(slipwayProgram, args, { cwd: folder, env });
	}

	return {
		folder,
		env,
		build,
		async built(document, ...options) {
			const finished = await build(...options, `${document}.yml`);
			if (finished.exitCode !== 0) throw new Error(`slipway build failed:\n${finished.stderr}`);
			return resolve(folder, document);
		},
	};
}

/** `docker.io/library/redis:3.0.7-alpine` is our package pkg/redis. */
function asPackage(reference: string): string {
	const { path, tag } = parseReference(reference);
	return `--as=${path}:${tag}=pkg/${path.split('/').at(-1)}`;
}

interface Document {
	readonly kernel: { readonly image: string };
	readonly init: readonly string[];
	readonly onboot?: readonly { readonly image: string }[];
	readonly services?: readonly { readonly image: string }[];
}

function imagesIn(text: string): readonly string[] {
	const { kernel, init, onboot = [], services = [] } = parse(text) as Document;
	return [kernel.image, ...init, ...[...onboot, ...services].map((each) => each.image)];
}

/**
 * What a test needs inside a system that is built as its document says: another system's initrd after its own. The kernel
 * unpacks one after the other, so both are built with `--root unpacked`.
 *
 * @returns the NAME to boot
 */
export async function withAddition(documents: Documents, name: string, yaml: string): Promise<string> {
	const addition = `${name}-addition`;
	const file = resolve(documents.folder, `${addition}.yml`);
	const both = resolve(documents.folder, `${name}-both`);
	writeFileSync(file, `kernel: { image: slipway/kernel:v1 }\n${yaml}`);
	const finished = await slipway('build', '--root', 'unpacked', '--dir', documents.folder, file);
	if (finished.exitCode !== 0) throw new Error(`slipway build failed:\n${finished.stderr}`);
	const partOf = (which: string, part: string): Buffer =>
		readFileSync(resolve(documents.folder, `${which}-${part}`));
	for (const part of ['kernel', 'cmdline']) writeFileSync(`${both}-${part}`, partOf(name, part));
	const initrds = [partOf(name, 'initrd.img'), partOf(addition, 'initrd.img')];
	writeFileSync(`${both}-initrd.img`, Buffer.concat(initrds));
	return both;
}
