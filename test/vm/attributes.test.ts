// Tests that the booted guest has the attributes of a layer's files: file capabilities, hard links and the
// holes of sparse files, in a read-write and a read-only container and in the root itself, a squashfs or an EROFS. The layer is
// GNU tar's.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { mediaTypes } from '../../supervisor/image/descriptor.ts';
import type { ImageStore } from '../../tools/images/store.ts';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { ownStore } from '../helpers/own-store.ts';
import { runProgram } from '../helpers/program.ts';
import { buildSystem } from '../helpers/system.ts';
import { bytesOf, digestOf } from '../helpers/tar.ts';

const test = ava.serial;
const guests = new Map<string, Guest>();

/** `net` may bind port 80 by its file's capability; `plain` is the same program without. */
const layerScript = `
	mkdir -p tree/opt/attributes && cd tree/opt/attributes
	cp /bin/busybox busybox-plain && cp /bin/busybox busybox-net && setcap cap_net_bind_service+ep busybox-net
	ln -s busybox-plain sh
	printf shared > one && ln one two
	truncate -s 5M sparse && printf end >> sparse
	cd ../.. && tar --sparse --xattrs --xattrs-include='*' --format=posix --sort=name --numeric-owner -cf ../layer.tar opt`;

/** Run by a user who is not root; each line is a claim. A server that can't bind its port exits with 1. */
const look = (folder: string): string =>
	[
		`${folder}/busybox-plain grep CapEff /proc/self/status`,
		`${folder}/busybox-net grep CapEff /proc/self/status`,
		`${folder}/busybox-plain httpd -p 127.0.0.1:81 -h /; echo plain $?`,
		`${folder}/busybox-net httpd -p 127.0.0.1:PORT -h /; echo net $?`,
		`[ ${folder}/one -ef ${folder}/two ] && echo linked $(${folder}/busybox-plain stat -c %h ${folder}/two)`,
		`${folder}/busybox-plain stat -c 'size %s' ${folder}/sparse`,
		`echo zeros $(${folder}/busybox-plain head -c 5242880 ${folder}/sparse | ${folder}/busybox-plain tr -d '\\0' | ${folder}/busybox-plain wc -c)`,
		`${folder}/busybox-plain tail -c 3 ${folder}/sparse`,
	].join('; ');

const container = (name: string, image: string, folder: string, port: number, more: string): string => `
  - name: ${name}
    image: ${image}
    command: ["${folder}/sh", "-c", ${JSON.stringify(`(${look(folder).replace('PORT', String(port))}) 2>&1`)}]
    uid: 1000
    gid: 1000
    capabilities: [CAP_NET_BIND_SERVICE]
    net: host
${more}`;

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1, test/attributes:v1]
onboot:${container('writable', 'test/attributes:v1', '/opt/attributes', 82, '')}${container('readonly', 'test/attributes:v1', '/opt/attributes', 83, '    readonly: true')}${container('root', 'test/attributes:v1', '/hostroot', 84, '    binds: ["/opt/attributes:/hostroot"]')}
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
`;

async function putAttributes(store: ImageStore): Promise<void> {
	const folder = join(store.folder, 'layer');
	mkdirSync(folder);
	const made = await runProgram('sh', ['-ec', layerScript], { cwd: folder });
	if (made.exitCode !== 0) throw new Error(made.stderr);
	const tar = readFileSync(join(folder, 'layer.tar'));
	const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
	await store.putImage('test/attributes:v1', {
		config: { architecture: 'amd64', os: 'linux', config: {} },
		layers: [{ descriptor, diffId: digestOf(tar) }],
	});
}

ava.before(async () => {
	const store = await ownStore('attributes');
	await putAttributes(store);
	for (const format of ['kernel+initrd', 'kernel+erofs']) {
		const name = await buildSystem(`attributes-${format}`, yaml, '--cache', store.folder, '--format', format);
		guests.set(format, await bootReadyGuest(name));
	}
});

ava.after.always(async () => {
	for (const { machine } of guests.values()) await machine.stop();
});

test('the root on a disk is an EROFS under dm-verity', async (t) => {
	const { output } = (await guests.get('kernel+erofs')?.shell('awk \'$2 == "/"\' /proc/1/mounts')) ?? {};
	t.regex(output ?? '', /^\/dev\/dm-0 \/ erofs ro\b/m);
});

const expected = [
	'CapEff:\t0000000000000000',
	// CAP_NET_BIND_SERVICE is bit 10, capabilities(7).
	'CapEff:\t0000000000000400',
	'httpd: bind: Permission denied',
	'plain 1',
	'net 0',
	'linked 2',
	'size 5242883',
	'zeros 0',
	'end',
];

for (const format of ['kernel+initrd', 'kernel+erofs']) {
	for (const [index, name] of ['writable', 'readonly', 'root'].entries()) {
		test(`capabilities, hard links and sparse files are there in the guest: ${name} of ${format}`, async (t) => {
			const log = `/var/log/onboot.00${index}-${name}.out.log`;
			const { output = '' } = (await guests.get(format)?.shell(`cat ${log}`)) ?? {};
			t.deepEqual(output.trimEnd().split('\n'), expected);
		});
	}
}
