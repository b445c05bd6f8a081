import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ControlPort } from '../../../../init/process/control-port.ts';
import { fakeChildren } from '../../../helpers/fake-children.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

/** A port that can't be opened when `isFolder`, and one that can't be read otherwise. */
function placeOf(t: ExecutionContext, isFolder: boolean) {
	const folder = scratchFolder(t);
	const folders = { ports: join(folder, 'ports'), nodes: join(folder, 'nodes') };
	mkdirSync(join(folders.ports, 'vport1p2'), { recursive: true });
	writeFileSync(join(folders.ports, 'vport1p2/name'), 'slipway.control\n');
	mkdirSync(join(folders.nodes, isFolder ? 'vport1p2' : ''), { recursive: true });
	if (!isFolder) writeFileSync(join(folders.nodes, 'vport1p2'), '');
	const { native } = createFakeNative({
		readAvailable() {
			throw Object.assign(new Error('no such device'), { code: 'ENODEV' });
		},
	});
	const { log, lines } = fakeLog();
	const { children } = fakeChildren(() => new Promise(() => undefined));
	const port = new ControlPort({ native, children, log, isEnding: () => false }, folders);
	t.teardown(() => process.removeAllListeners('SIGIO'));
	return { port, lines };
}

test.serial('ControlPort says why it does not hear the host', (t) => {
	const { port, lines } = placeOf(t, true);
	port.tryOpen();
	t.is(lines.length, 1);
	t.regex(lines[0] ?? '', /^warn the host's commands can't be heard yet: EISDIR/);
});

test.serial('ControlPort says once that its port can not be read', (t) => {
	const { port, lines } = placeOf(t, false);
	port.tryOpen();
	process.emit('SIGIO', 'SIGIO');
	t.deepEqual(lines, ["warn the host's commands can't be heard yet: no such device"]);
});

test.serial('ControlPort is silent without a port', (t) => {
	const { native } = createFakeNative({});
	const { log, lines } = fakeLog();
	const { children } = fakeChildren(() => new Promise(() => undefined));
	const folders = { ports: '/nowhere', nodes: '/nowhere' };
	new ControlPort({ native, children, log, isEnding: () => false }, folders).tryOpen();
	t.teardown(() => process.removeAllListeners('SIGIO'));
	t.deepEqual(lines, []);
});
