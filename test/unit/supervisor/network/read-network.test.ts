import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ShapeError } from '../../../../supervisor/contract/json-shape.ts';
import { readNetwork } from '../../../../supervisor/network/read-network.ts';
import { parsePort } from '../../../../tools/config/ports.ts';
import { bundleJson } from '../../../../tools/system/bundle/bundle-json.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('readNetwork() finds none in a bundle of LinuxKit', (t) => {
	t.is(readNetwork(scratchFolder()), null);
});

test('readNetwork() reads what the build writes', (t) => {
	const folder = scratchFolder();
	const ports = [parsePort('8080:80'), parsePort('10.0.0.1:53:5353/udp')].filter((port) => port !== null);
	writeFileSync(join(folder, 'network.json'), bundleJson(bridgeNetwork('web', 7, ports)));
	t.is(ports.length, 2);
	t.deepEqual(readNetwork(folder), bridgeNetwork('web', 7, ports));
});

const refuses = test.macro({
	exec(t, json: string, expected: RegExp) {
		const folder = scratchFolder();
		writeFileSync(join(folder, 'network.json'), json);
		t.throws(() => readNetwork(folder), { instanceOf: ShapeError, message: expected });
	},
	title: (_, json) => `readNetwork() refuses ${json}`,
});

const linkWith = (keys: object): string => {
	const bridge = { name: 'slip0', addresses: [] };
	const link = { name: 'eth0', hostName: 'slip-2', addresses: [], bridge, ...keys };
	return JSON.stringify({ namespace: '/run/a', links: [link] });
};

test(refuses, '[]', /network\.json must be an object/);
test(refuses, '{"namespace": "run/a"}', /namespace must be an absolute path/);
test(refuses, linkWith({ name: 'a-name-that-is-too-long' }), /links\[0\]\.name must be a name of at most 15/);
test(refuses, linkWith({ hostName: '../a' }), /links\[0\]\.hostName must be a name/);
test(refuses, linkWith({ addresses: ['10.0.0.1'] }), /addresses\[0\] must be ADDRESS\/PREFIX-LENGTH/);
test(refuses, linkWith({ bridge: null }), /bridge must be an object/);

const portWith = (keys: object): string => {
	const port = { address: null, port: 80, protocol: 'tcp', containerPort: 80, ...keys };
	return JSON.stringify({ namespace: '/run/a', ports: [port] });
};

test(refuses, portWith({ address: '10.0.0.1; drop' }), /ports\[0\]\.address must be an IPv4 address or null/);
test(refuses, portWith({ protocol: 'tcp dport 1 drop' }), /protocol must be "tcp" or "udp"/);
test(refuses, portWith({ port: 0 }), /port must be a port from 1 to 65535/);
test(refuses, portWith({ containerPort: '80' }), /containerPort must be a port/);
