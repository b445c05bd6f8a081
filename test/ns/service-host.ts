// `service` as a process of its own: `service-host.ts ADDON SOCKET ARGUMENT…`.

import { dirname, join } from 'node:path';
import { quitOnKey } from '../../native/linux/quit-key.ts';
import { openNative } from '../../native/open.ts';
import { serviceCommand } from '../../supervisor/cli/service-command.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';

const [addon = '', socket = '', ...args] = process.argv.slice(2);
process.exitCode = await serviceCommand(args, socket, {
	out: process.stdout,
	err: process.stderr,
	nowSeconds: () => performance.now() / 1000,
	paths: testPaths(dirname(socket)),
	logPlaces: { runLog: '/nowhere', initLog: process.env['INIT_LOG'] ?? '/nowhere' },
	endOnKey: () => void quitOnKey(process.stdin),
	openNative: () => openNative(addon),
});

/** As in supervisor-host.ts. */
function testPaths(root: string) {
	return {
		cgroup: cgroupRoot,
		containers: join(root, 'containers'),
		controlSocket: socket,
		state: join(root, 'run/slipway'),
	};
}
