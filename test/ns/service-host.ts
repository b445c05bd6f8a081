// `service` as a process of its own: `service-host.ts ADDON SOCKET ARGUMENT…`.

import { openNative } from '../../native/open.ts';
import { serviceCommand } from '../../supervisor/cli/service-command.ts';

const [addon = '', socket = '', ...args] = process.argv.slice(2);
process.exitCode = await serviceCommand(args, socket, {
	out: process.stdout,
	err: process.stderr,
	nowSeconds: () => performance.now() / 1000,
	logPlaces: { runLog: '/nowhere', initLog: process.env['INIT_LOG'] ?? '/nowhere' },
	openNative: () => openNative(addon),
});
