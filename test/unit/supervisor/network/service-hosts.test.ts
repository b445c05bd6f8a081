import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { defaultNetwork, type Network } from '../../../../supervisor/contract/network-range.ts';
import { readNetwork } from '../../../../supervisor/network/read-network.ts';
import {
	renewHosts,
	withServiceHosts,
	writeServiceHosts,
} from '../../../../supervisor/network/service-hosts.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const ofBuild = '127.0.0.1 localhost\n10.213.0.2 web\n';
const back: Network = { ...defaultNetwork, name: 'back', bridge: 'br-back' };

/** A guest with the service `web` in the network of `net: bridge`. */
function guest() {
	const root = scratchFolder();
	const paths = { containers: join(root, 'containers'), state: join(root, 'state') };
	const add = (folder: string, name: string, number: number, network: Network): void => {
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, 'network.json'), JSON.stringify(bridgeNetwork(name, number, [], [network])));
	};
	const web = join(paths.containers, 'services/web');
	add(web, 'web', 2, defaultNetwork);
	writeFileSync(join(web, 'hosts'), ofBuild);
	const network = readNetwork(web);
	if (network === null) throw new Error('web has no network');
	const file = join(paths.state, 'hosts/web');
	const run = (name: string, number: number, its = defaultNetwork): void =>
		add(join(paths.state, 'runs', name), name, number, its);
	return { paths, web, network, file, run };
}

test('renewHosts() adds who is in a network of the service, to the file that its container has open', (t) => {
	const { paths, network, file, run } = guest();
	t.is(writeServiceHosts('web', network, paths), file);
	const open = openSync(file, 'r');
	t.is(readFileSync(file, 'utf8'), ofBuild);
	run('box', 5);
	run('hidden', 6, back);
	renewHosts(paths);
	t.is(readFileSync(open, 'utf8'), `${ofBuild}10.213.0.5 box\nfd5c:1ba7:a710::5 box\n`);
});

test('renewHosts() has a container of service run first in its own file, and the others of its network after the services', (t) => {
	const { paths, run } = guest();
	run('late', 7);
	run('box', 5);
	run('hidden', 6, back);
	renewHosts(paths);
	const names = readFileSync(join(paths.state, 'runs/late/hosts'), 'utf8').match(/(?<=^10\S+ ).*/gm);
	t.deepEqual(names, ['late', 'web', 'box']);
});

test('renewHosts() takes away who has gone', (t) => {
	const { paths, file, run } = guest();
	run('box', 5);
	renewHosts(paths);
	t.not(readFileSync(file, 'utf8'), ofBuild);
	writeFileSync(join(paths.state, 'runs/box/network.json'), '{}');
	renewHosts(paths);
	t.is(readFileSync(file, 'utf8'), ofBuild);
});

test('writeServiceHosts() is null when the file can not be written, and of a bundle without one', (t) => {
	const { paths, network, run } = guest();
	t.is(writeServiceHosts('other', network, paths), null);
	t.false(existsSync(join(paths.state, 'hosts/other')));
	mkdirSync(join(paths.state, 'hosts/web'), { recursive: true });
	t.is(writeServiceHosts('web', network, paths), null);
	run('box', 5);
	t.notThrows(() => renewHosts(paths));
});

test('withServiceHosts() replaces the file of the build alone', (t) => {
	const own = { destination: '/etc/hosts', source: '/srv/hosts', options: ['rbind'] };
	const bound = { destination: '/etc/hosts', type: 'bind', source: '/b/hosts', options: ['bind', 'ro'] };
	t.deepEqual(withServiceHosts({ mounts: [bound, own] }, '/b', '/run/hosts/web'), {
		mounts: [
			{ ...bound, source: '/run/hosts/web', options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'] },
			own,
		],
	});
	t.deepEqual(withServiceHosts({}, '/b', '/run/hosts/web'), {});
});
