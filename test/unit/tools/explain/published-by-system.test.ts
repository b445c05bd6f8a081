import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { publishedBySystem } from '../../../../tools/explain/published-by-system.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { makeTar, putTestImage } from '../../../helpers/tar.ts';

/** Returns the path of a system whose services are given in YAML. */
async function built(t: ExecutionContext, services: string, ...options: readonly string[]): Promise<string> {
	const folder = scratchFolder(t);
	mkdirSync(join(folder, 'out'));
	const store = openImageStore(join(folder, 'store'));
	const tar = await makeTar([{ name: 'lib/modules/6.1/modules.builtin', body: '' }]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'kernel' },
		{ name: 'kernel.tar', body: tar.toString('latin1') },
	]);
	await putTestImage(store, 't/init:v1', [{ name: 'usr/sbin/nft', body: 'nft', mode: 0o755 }]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o755 }]);
	const file = join(folder, 's.yml');
	writeFileSync(file, `kernel: { image: "t/kernel:v1" }\ninit: ["t/init:v1"]\nservices:\n${services}`);
	const all = ['--offline', '--cache', store.folder, '--dir', join(folder, 'out'), ...options, file];
	const ran = await runCommand(buildCommand, ...all);
	if (ran.exitCode !== 0) throw new Error(ran.err);
	return join(folder, 'out', 's');
}

test('publishedBySystem() returns what services publish beyond the guest itself', async (t) => {
	const services = `  - { name: web, image: "t/app:v1", net: bridge, ports: ["8080:80", "127.0.0.1:9000:9000"] }
  - { name: dns, image: "t/app:v1", net: bridge, ports: ["53:53/udp"] }
  - { name: plain, image: "t/app:v1" }
`;
	const ports = await publishedBySystem(await built(t, services, '--root', 'unpacked'), new Set());
	t.deepEqual(
		ports.toSorted((a, b) => b.hostPort - a.hostPort),
		[
			{ address: '127.0.0.1', hostPort: 8080, guestPort: 8080, protocol: 'tcp' },
			{ address: '127.0.0.1', hostPort: 53, guestPort: 53, protocol: 'udp' },
		],
	);
});

test('publishedBySystem() says what to do when no service publishes a port', async (t) => {
	const name = await built(t, '  - { name: plain, image: "t/app:v1" }\n', '--root', 'unpacked');
	await t.throwsAsync(publishedBySystem(name, new Set()), {
		code: 'BAD_INPUT',
		message: /^--publish auto: no service of .*s has "ports" in its YAML\. Name the ports/,
	});
});

test('publishedBySystem() refuses a medium', async (t) => {
	const medium = join(scratchFolder(t), 'web.iso');
	writeFileSync(medium, '');
	await t.throwsAsync(publishedBySystem(medium, new Set()), {
		code: 'BAD_INPUT',
		message: /^--publish auto reads the ports of a built system, and .*web\.iso is none: .* Name the ports/,
	});
});
